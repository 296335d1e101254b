import {currentLanguage, t} from "./strings.js";

export function number(value, digits = 2) {
    return new Intl.NumberFormat(currentLanguage(), {maximumFractionDigits: digits}).format(value);
}

/** Seconds as people say them: "40 seconds", "3 minutes". */
export function duration(seconds) {
    if (seconds < 90) {
        return t("time.seconds", {count: Math.max(1, Math.round(seconds))});
    }
    if (seconds < 5400) {
        return t("time.minutes", {count: Math.round(seconds / 60)});
    }
    if (seconds < 129600) {
        return t("time.hours", {count: Math.round(seconds / 3600)});
    }
    return t("time.days", {count: Math.round(seconds / 86400)});
}

/** The length of a video: "1.1 s". */
export function length(seconds) {
    return `${number(Number(seconds), 1)} s`;
}

/** A moment, in seconds since 1970, as seen from now. */
export function ago(moment) {
    const seconds = moment - Date.now() / 1000;
    const format = new Intl.RelativeTimeFormat(currentLanguage(), {numeric: "auto"});
    const steps = [
        ["second", 60],
        ["minute", 3600],
        ["hour", 86400],
        ["day", 7 * 86400],
    ];
    const sizes = {second: 1, minute: 60, hour: 3600, day: 86400};
    for (const [unit, limit] of steps) {
        if (Math.abs(seconds) < limit) {
            return format.format(Math.round(seconds / sizes[unit]), unit);
        }
    }
    return date(moment);
}

export function date(moment) {
    return new Intl.DateTimeFormat(currentLanguage(), {dateStyle: "medium", timeStyle: "short"}).format(moment * 1000);
}

/** Megabytes (of 1,000,000 bytes or so) in a unit that can be read. */
export function megabytes(value) {
    return value >= 1000 ? `${number(value / 1000, 1)} GB` : `${number(value, value < 10 ? 1 : 0)} MB`;
}

export function list(words) {
    return new Intl.ListFormat(currentLanguage(), {type: "conjunction"}).format(words);
}
