// A browser may forbid storage, or have no room in it: then what pages keep is forgotten, and nothing else fails.
(() => {
  for (const name of ["localStorage", "sessionStorage"]) {
    try {
      window[name].length;
    } catch {
      const kept = new Map();
      const value = {
        getItem: (key) => kept.get(String(key)) ?? null,
        setItem: (key, item) => void kept.set(String(key), String(item)),
        removeItem: (key) => void kept.delete(String(key)),
        clear: () => kept.clear(),
      };
      Object.defineProperty(window, name, { value, configurable: true });
    }
  }
  const { setItem } = Storage.prototype;
  Storage.prototype.setItem = function (key, item) {
    try {
      setItem.call(this, key, item);
    } catch (error) {
      console.info(`not kept: ${error.message}`);
    }
  };
})();
