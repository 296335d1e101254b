import {get, remove} from "../lib/api.js";
import {ask} from "../lib/ask.js";
import {t} from "../lib/strings.js";
import {toast, toastError} from "../lib/tell.js";
import {tellOthers} from "../lib/tabs.js";
import {forget, videosChanged} from "./active.js";

/** Asks, deletes one video, says what went. @returns whether it is gone */
export async function deleteVideo(video) {
    if (
        !(await ask({
            title: t("delete.video"),
            lines: [t("delete.videoWhat"), t("delete.photosStay")],
            yes: t("delete.yes"),
        }))
    ) {
        return false;
    }
    try {
        await remove(`v1/videos/${encodeURIComponent(video.id)}`);
    } catch (error) {
        if (error.status !== 404 && error.status !== 410) {
            toastError(error);
            return false;
        }
    }
    forget(video.id);
    videosChanged();
    toast(t("delete.videoDone"));
    return true;
}

/** Asks, deletes one person, says what went. @returns whether they are gone */
export async function deletePerson(person) {
    const name = person.name || t("people.someone");
    if (
        !(await ask({
            title: t("delete.person", {name}),
            lines: [t("delete.personWhat"), t("delete.videosStay")],
            yes: t("delete.yes"),
        }))
    ) {
        return false;
    }
    try {
        await remove(`v1/people/${encodeURIComponent(person.id)}`);
    } catch (error) {
        if (error.status !== 404 && error.status !== 410) {
            toastError(error);
            return false;
        }
    }
    tellOthers("people");
    toast(t("delete.personDone", {name}));
    return true;
}

/**
 * Asks, then deletes all videos and all people.
 *
 * @param onStep is told how many are gone
 * @returns {videos, people}, or null when the answer was no
 */
export async function deleteEverything(onStep) {
    if (
        !(await ask({
            title: t("delete.all"),
            lines: [t("delete.allWhat"), t("delete.allNoWay")],
            yes: t("delete.allYes"),
        }))
    ) {
        return null;
    }
    const gone = {videos: 0, people: 0};
    for (const what of ["videos", "people"]) {
        let left = await idsOf(what);
        while (left.length) {
            for (const id of left) {
                await remove(`v1/${what}/${encodeURIComponent(id)}`);
                gone[what] += 1;
                onStep(gone);
            }
            left = await idsOf(what);
        }
    }
    videosChanged();
    tellOthers("people");
    return gone;
}

async function idsOf(what) {
    return (await get(`v1/${what}?limit=100`)).data.map((one) => one.id);
}
