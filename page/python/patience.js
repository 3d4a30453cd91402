export const PATIENCE = 3000; // milliseconds that an answer may take; Python looks at the clock itself
