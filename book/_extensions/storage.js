// A browser may forbid storage, or its quota may be full: then values last as long as the page, and nothing fails.
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
  const { getItem, setItem } = Storage.prototype;
  const homeless = new WeakMap(); // entries that could not be stored, by storage
  const own = (storage) => homeless.get(storage) ?? homeless.set(storage, new Map()).get(storage);
  Storage.prototype.setItem = function (key, item) {
    try {
      setItem.call(this, key, item);
      own(this).delete(String(key));
    } catch {
      own(this).set(String(key), String(item));
    }
  };
  Storage.prototype.getItem = function (key) {
    return own(this).get(String(key)) ?? getItem.call(this, key);
  };
})();
