/** What this browser remembers. Without storage (private windows, full disks) it forgets, and nothing else happens. */
const PREFIX = "studio.";

export function remembered(key) {
    return read(() => localStorage, key);
}

export function remember(key, value) {
    write(() => localStorage, key, value);
}

/** As {@link remembered}, of this tab alone. */
export function tabRemembered(key) {
    return read(() => sessionStorage, key);
}

/** As {@link remember}, for this tab alone. */
export function tabRemember(key, value) {
    write(() => sessionStorage, key, value);
}

function read(storage, key) {
    try {
        return storage().getItem(PREFIX + key);
    } catch {
        return null;
    }
}

function write(storage, key, value) {
    try {
        if (value === null) {
            storage().removeItem(PREFIX + key);
        } else {
            storage().setItem(PREFIX + key, value);
        }
    } catch {
        // Forgotten with the tab.
    }
}
