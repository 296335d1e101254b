const NS = "http://www.w3.org/2000/svg";

/** Paths in a square of 24. Drawn for this page. */
const PATHS = {
    plus: "M12 5v14M5 12h14",
    close: "M6 6l12 12M18 6L6 18",
    photo: "M4 6.5h16v11H4zM4 15l4.5-4 3.5 3 3-2.5 5 4M9 9.2h.01",
    person: "M12 12.2a3.8 3.8 0 1 0 0-7.6 3.8 3.8 0 0 0 0 7.6zM4.8 20c.7-3.6 3.6-5.4 7.2-5.4s6.5 1.8 7.2 5.4",
    library:
        "M8.5 11a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM2.5 19c.5-3.2 2.9-4.8 6-4.8s5.5 1.6 6 4.8" +
        "M16 4.8a3.2 3.2 0 0 1 0 6M18 14.6c2 .7 3.2 2.2 3.5 4.4",
    spark: "M12 3.5l1.9 5.6 5.6 1.9-5.6 1.9L12 18.5l-1.9-5.6L4.5 11l5.6-1.9zM19 16.5v4M17 18.5h4",
    idea: "M9.5 18h5M10.5 21h3M12 3a6 6 0 0 0-3.6 10.8c.7.6 1.1 1.3 1.1 2.2h5c0-.9.4-1.6 1.1-2.2A6 6 0 0 0 12 3z",
    sun:
        "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.5v2M12 19.5v2" +
        "M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
    trash: "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10.3 10.5v5.5M13.7 10.5v5.5",
    download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 19.5h14",
    again: "M19.5 12a7.5 7.5 0 1 1-2.3-5.4M19.5 3.5v4h-4",
    compare: "M4 5.5h7v13H4zM13 5.5h7v13h-7z",
    search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.3 15.3L20 20",
    info: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 11v5.5M12 7.8h.01",
    warn: "M12 4l9 15.5H3zM12 10v4.5M12 17h.01",
    check: "M5 12.5l4.5 4.5L19 7.5",
    layers: "M12 4l8.5 4.5L12 13 3.5 8.5zM3.5 12.5L12 17l8.5-4.5M3.5 16.5L12 21l8.5-4.5",
    edit: "M4.5 19.5l.9-4L16 4.9l3.1 3.1L8.5 18.6zM13.8 7.1l3.1 3.1",
    dice: "M5 5h14v14H5zM9 9h.01M15 9h.01M12 12h.01M9 15h.01M15 15h.01",
    play: "M8 5.5l11 6.5-11 6.5z",
    more: "M6 12h.01M12 12h.01M18 12h.01",
    hand: "M4 12.5l5 5L20 6.5",
    lock: "M6.5 11h11v8.5h-11zM9 11V8a3 3 0 0 1 6 0v3",
    film: "M4 5.5h16v13H4zM8 5.5v13M16 5.5v13M4 10h4M4 14h4M16 10h4M16 14h4",
    copy: "M9 9h10v10H9zM5 15V5h10",
};

/** A picture for the eye alone; what it means stands beside it or in the button's label. */
export function icon(name) {
    const svg = document.createElementNS(NS, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", "icon");
    const path = document.createElementNS(NS, "path");
    path.setAttribute("d", PATHS[name]);
    svg.append(path);
    return svg;
}

/** Three circles that overlap: people who become one picture. Shown where there is nothing yet. */
export function emptyMark() {
    const svg = document.createElementNS(NS, "svg");
    svg.setAttribute("viewBox", "0 0 64 64");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", "empty-mark");
    for (const [x, y, tone] of [
        [24, 26, 1],
        [40, 26, 2],
        [32, 39, 3],
    ]) {
        const circle = document.createElementNS(NS, "circle");
        circle.setAttribute("cx", x);
        circle.setAttribute("cy", y);
        circle.setAttribute("r", 13);
        circle.setAttribute("class", `tone-${tone}`);
        circle.style.setProperty("fill", "color-mix(in srgb, var(--person) 55%, transparent)");
        svg.append(circle);
    }
    return svg;
}
