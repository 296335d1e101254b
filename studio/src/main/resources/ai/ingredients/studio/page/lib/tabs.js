/** The studio's other tabs in this browser: what one changes, the others look up again. */
const channel = "BroadcastChannel" in window ? new BroadcastChannel("ingredients-studio") : null;
const listeners = new Map();

/** @param what "videos" or "people" */
export function tellOthers(what) {
    channel?.postMessage(what);
}

/** @returns a function that ends it */
export function whenOthersChange(what, listener) {
    const group = listeners.get(what) ?? new Set();
    listeners.set(what, group);
    group.add(listener);
    return () => group.delete(listener);
}

channel?.addEventListener("message", (event) => listeners.get(event.data)?.forEach((listener) => listener()));
