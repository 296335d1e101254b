import {content, download} from "../lib/api.js";
import {t} from "../lib/strings.js";
import {announce} from "../lib/tell.js";
import {firstFrame} from "./draft.js";

/** Base64 is longer than what it holds, and the order around it wants room. */
const ROOM = 0.74;

/** Reads a picture, which becomes the first frame in the place of any other; what was chosen last counts. */
export async function takeFirstFrame(file, limits) {
    const most = limits?.bytes ? Math.floor(limits.bytes * ROOM) : Infinity;
    if (file.size > most) {
        fail(t("people.tooLarge", {limit: Math.floor(most / 1e6)}));
        return;
    }
    const mine = {state: "reading"};
    firstFrame.value = mine;
    try {
        const data = await dataUrl(file);
        const {naturalWidth: width, naturalHeight: height} = await decoded(data);
        if (firstFrame.value === mine) {
            firstFrame.value = {state: "ready", data, width, height};
            announce(t("frame.ready"));
        }
    } catch {
        if (firstFrame.value === mine) {
            fail(t("frame.unreadable"));
        }
    }
}

/** The picture that another video began with, which the server keeps beside it. */
export async function takeFirstFrameOf(video) {
    firstFrame.value = null;
    if (!video.variants?.includes("first_frame")) {
        return;
    }
    const mine = {state: "reading"};
    firstFrame.value = mine;
    try {
        const file = await download(content(video.id, "first_frame"));
        if (firstFrame.value === mine) {
            await takeFirstFrame(file);
        }
    } catch {
        if (firstFrame.value === mine) {
            fail(t("frame.gone"));
        }
    }
}

function fail(error) {
    firstFrame.value = {state: "failed", error};
    announce(error);
}

function dataUrl(file) {
    return new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.addEventListener("load", () => resolve(reader.result));
        reader.addEventListener("error", () => reject(reader.error));
        reader.readAsDataURL(file);
    });
}

async function decoded(data) {
    const image = new Image();
    image.src = data;
    await image.decode();
    return image;
}
