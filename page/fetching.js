// Files of numbers beside the pages' scripts. Each arrives as a classic script that registers what it holds, because a
// page opened from disk may not fetch.
export function files(base) {
  const found = new Map(); // name -> what was registered, or the promise of it
  const waiting = new Map();
  let failures = 0; // a request after a failure tries again, bypassing the browser's cache

  function forget(name) {
    failures += 1;
    found.delete(name);
  }

  return {
    forget,
    register(name, content) {
      const resolve = waiting.get(name);
      found.set(name, Promise.resolve(content));
      resolve?.(content);
    },
    fetch(name) {
      if (!found.has(name)) {
        found.set(
          name,
          new Promise((resolve, reject) => {
            const script = document.createElement("script");
            const failed = () => {
              forget(name);
              script.remove();
              reject(new Error(`${name}.js did not load`));
            };
            let registered = false;
            waiting.set(name, (content) => {
              registered = true;
              resolve(content);
            });
            script.src = new URL(`${encodeURIComponent(name)}.js${failures ? `?again=${failures}` : ""}`, base).href;
            script.onerror = failed;
            // a truncated, empty or wrong file loads, too, but registers nothing
            script.onload = () => registered || failed();
            document.head.append(script);
          }),
        );
      }
      return found.get(name);
    },
  };
}

/**
 * Brings every element that a selector finds to life, once the page is read: with `load`, which fetches files and makes a
 * model of them. A file that came damaged is fetched anew by the next try.
 */
export function alive(selector, mount, found, make) {
  const load = async (names) => {
    const contents = await Promise.all(names.map((name) => found.fetch(name)));
    try {
      return make(...contents);
    } catch (error) {
      names.forEach(found.forget);
      throw error;
    }
  };
  const start = () => {
    for (const root of document.querySelectorAll(selector)) mount(root, load);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
}
