/** A value that others watch. Watchers are told after a change, in the order they came. */
export function signal(initial) {
    let value = initial;
    const watchers = new Set();
    return {
        get value() {
            return value;
        },
        set value(next) {
            value = next;
            [...watchers].forEach((watcher) => watcher(value));
        },
        /** Tells everybody again, for what changed inside the value. */
        touch() {
            [...watchers].forEach((watcher) => watcher(value));
        },
        /** @returns a function that ends it */
        watch(watcher) {
            watchers.add(watcher);
            return () => watchers.delete(watcher);
        },
    };
}
