/**
 * An element. Properties: `class`, `style` (an object, set through the CSSOM, which a strict content security policy
 * allows), `on` (listeners by event), `data`; booleans are set or left out, everything else is an attribute.
 *
 * @param children nodes, strings, arrays of them; null, undefined and false are left out
 */
export function h(tag, properties = {}, ...children) {
    const [name, ...classes] = tag.split(".");
    const element = document.createElement(name || "div");
    if (classes.length) {
        element.className = classes.join(" ");
    }
    for (const [key, value] of Object.entries(properties ?? {})) {
        set(element, key, value);
    }
    append(element, children);
    return element;
}

export function append(element, children) {
    for (const child of [children].flat(Infinity)) {
        if (child !== null && child !== undefined && child !== false) {
            element.append(child);
        }
    }
    return element;
}

/** Puts children in the place of what is there. */
export function fill(element, ...children) {
    element.replaceChildren();
    return append(element, children);
}

/** Sets numbers and lengths as custom or plain CSS properties. */
export function style(element, properties) {
    for (const [key, value] of Object.entries(properties)) {
        element.style.setProperty(key, value);
    }
    return element;
}

function set(element, key, value) {
    if (value === null || value === undefined || value === false) {
        return;
    }
    if (key === "class") {
        element.classList.add(...String(value).split(" ").filter(Boolean));
    } else if (key === "style") {
        style(element, value);
    } else if (key === "on") {
        Object.entries(value).forEach(([event, listener]) => element.addEventListener(event, listener));
    } else if (key === "data") {
        Object.assign(element.dataset, value);
    } else if (
        key === "value" ||
        key === "checked" ||
        key === "muted" ||
        key === "indeterminate" ||
        key === "srcObject"
    ) {
        element[key] = value;
    } else {
        element.setAttribute(key, value === true ? "" : value);
    }
}

let ids = 0;

/** An id that no other element has. */
export function newId(what) {
    ids += 1;
    return `${what}-${ids}`;
}

/** The last of many calls within some milliseconds; `flush` does what waits, at once. */
export function debounce(action, milliseconds) {
    let timer = null;
    let waiting = null;
    const run = () => {
        const now = waiting;
        waiting = null;
        clearTimeout(timer);
        if (now) {
            action(...now);
        }
    };
    const late = (...values) => {
        waiting = values;
        clearTimeout(timer);
        timer = setTimeout(run, milliseconds);
    };
    late.flush = run;
    return late;
}
