/** What a model can do and what is asked of it: the draft's settings over the model's defaults. */

/** The chosen model's capabilities, else the first's; null while they are unknown. */
export function chosenModel(capabilities, settings) {
    const models = capabilities?.models ?? [];
    return models.find((model) => model.id === settings.model) ?? models[0] ?? null;
}

/** Whether a video of this model begins with a picture that is given to it, and shows no people of photos. */
export function continuesAPicture(model) {
    return model?.input_reference === "first_frame";
}

/** Width and height of the frame. */
export function frameSize(model, settings) {
    const size = model?.sizes?.includes(settings.size) ? settings.size : (model?.sizes?.[0] ?? "720x480");
    const [width, height] = size.split("x").map(Number);
    return {size, width, height};
}

/** How many frames. */
export function frameCount(model, settings) {
    return settings.num_frames ?? model?.frames?.default ?? 49;
}

/** Lengths that the model's rule allows, shortest first. */
export function frameChoices(model) {
    const rule = String(model?.frames?.rule ?? "8k+1").match(/^(\d+)k\+(\d+)$/);
    const [step, rest] = rule ? [Number(rule[1]), Number(rule[2])] : [8, 1];
    const most = model?.frames?.max ?? Math.max(model?.frames?.default ?? 49, 49);
    const least = model?.frames?.min ?? step + rest;
    const choices = [];
    for (let frames = rest; frames <= most; frames += step) {
        if (frames >= least) {
            choices.push(frames);
        }
    }
    return choices.length ? choices : [model?.frames?.default ?? 49];
}

export function secondsOf(model, settings) {
    return frameCount(model, settings) / (model?.fps ?? 8);
}
