/**
 * What the server refused or could not do.
 *
 * `param` names the field that is meant, `retryAfter` the seconds to wait, where the server said so; `status` 0
 * means that it could not be reached.
 */
export class ApiError extends Error {
    constructor(status, {message, code = null, param = null, retryAfter = null}) {
        super(message);
        this.status = status;
        this.code = code;
        this.param = param;
        this.retryAfter = retryAfter;
    }
}

export function get(path, signal) {
    return call("GET", path, {signal});
}

export function post(path, body, headers = {}) {
    const options = json(body);
    return call("POST", path, {...options, headers: {...options.headers, ...headers}});
}

export function patch(path, body) {
    return call("PATCH", path, json(body));
}

/** @param form the fields and files of a FormData */
export function upload(path, form) {
    return call("POST", path, {body: form});
}

export function remove(path) {
    return call("DELETE", path, {});
}

/** A file, as a Blob. */
export function download(path) {
    return call("GET", path, {}, (answer) => answer.blob());
}

/** Where the browser finds a file of a video. */
export function content(id, variant = "video") {
    return `v1/videos/${encodeURIComponent(id)}/content?variant=${variant}`;
}

export function personPhoto(id, index, size) {
    return `v1/people/${encodeURIComponent(id)}/photos/${index}${size ? `?size=${size}` : ""}`;
}

function json(body) {
    return {body: JSON.stringify(body ?? {}), headers: {"Content-Type": "application/json"}};
}

async function call(method, path, options, read = (answer) => answer.json()) {
    let answer;
    try {
        answer = await fetch(path, {method, credentials: "same-origin", ...options});
    } catch (failure) {
        if (failure.name === "AbortError") {
            throw failure;
        }
        throw new ApiError(0, {message: "", code: "unreachable"});
    }
    if (answer.ok) {
        return answer.status === 204 ? null : read(answer);
    }
    throw await refusal(answer);
}

async function refusal(answer) {
    const wait = Number(answer.headers.get("Retry-After"));
    let error = {};
    try {
        error = (await answer.json()).error ?? {};
    } catch {
        // Not ours: a proxy's page, or nothing.
    }
    return new ApiError(answer.status, {
        message: error.message ?? `HTTP ${answer.status}`,
        code: error.code,
        param: error.param,
        retryAfter: Number.isFinite(wait) && wait > 0 ? wait : null,
    });
}
