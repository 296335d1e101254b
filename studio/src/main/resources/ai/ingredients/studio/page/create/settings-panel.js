import {fill, h, newId} from "../lib/dom.js";
import {duration, length, number} from "../lib/format.js";
import {icon} from "../lib/icons.js";
import {t} from "../lib/strings.js";
import {changeSetting, settings} from "./draft.js";
import {chosenModel, continuesAPicture, frameChoices, frameCount, frameSize, secondsOf} from "./model.js";

/** How the video is made. Every field begins as the model says, explains itself, and goes back with one click. */
export function settingsPanel(capabilities) {
    const title = newId("settings");
    const main = h("div.settings-grid");
    const fine = h("div.settings-grid");
    const details = h("details.disclose.fine", {}, h("summary", {}, t("settings.fine")), fine);
    const panel = h(
        "section.panel.settings-panel",
        {"aria-labelledby": title},
        h("h2", {id: title}, t("settings.title")),
        main,
        details,
    );
    let model = null;

    const build = () => {
        model = chosenModel(capabilities.value, settings.value);
        if (!model) {
            fill(main, h("p.soft.small", {}, t("loading")));
            return;
        }
        const limits = capabilities.value.limits ?? {};
        const defaults = model.defaults ?? {};
        fill(
            main,
            modelField(capabilities.value.models, model),
            sizeField(model),
            lengthField(model),
            manyField(limits.n ?? 8),
        );
        fill(
            fine,
            seedField(defaults),
            numberField("num_inference_steps", {
                min: 1,
                max: limits.num_inference_steps ?? 1000,
                step: 1,
                usual: defaults.num_inference_steps,
            }),
            numberField("guidance_scale", {min: 1, max: 30, step: 0.5, usual: defaults.guidance_scale}),
            numberField("image_guidance_scale", {min: 1, max: 30, step: 0.5, usual: defaults.image_guidance_scale}),
            numberField("face_scale", {min: 0, max: 5, step: 0.1, usual: defaults.face_scale ?? 1}),
            choiceField("guidance", ["constant", "dynamic"]),
            choiceField("scheduler", ["dpm", "ddim", "dpmpp", "unipc"], defaults.scheduler),
            choiceField("routing", ["reference", "per-branch"]),
            textField("negative_prompt"),
            model.magcache ? checkField("magcache", false) : null,
            checkField("routing_overlay", true),
        );
    };
    const ends = [
        capabilities.watch(build),
        settings.watch(() => {
            if (chosenModel(capabilities.value, settings.value) !== model) {
                build();
            }
        }),
    ];
    build();
    return {element: panel, end: () => ends.forEach((end) => end())};
}

function field(name, control, {id, why = t(`settings.${name}.why`), reset = null, value = null}) {
    const head = h("div.field-head", {}, h("label", {for: id}, t(`settings.${name}`)), value, reset);
    return h("div.field", {data: {field: name}}, head, control, h("p.why", {id: `${id}-why`}, why));
}

/** Goes back to the default; there only while something else is chosen. */
function resetButton(name, after) {
    const button = h(
        "button.reset",
        {
            type: "button",
            "aria-label": t("settings.reset", {name: t(`settings.${name}`)}),
            title: t("settings.reset", {name: t(`settings.${name}`)}),
        },
        icon("again"),
    );
    const update = () => {
        button.hidden = settings.value[name] === undefined;
    };
    button.addEventListener("click", () => {
        changeSetting(name, null);
        after();
        update();
    });
    update();
    return {button, update};
}

function select(name, options, current, onChange) {
    const id = newId(name);
    const element = h(
        "select.select",
        {id, "aria-describedby": `${id}-why`, on: {change: () => onChange(element.value)}},
        options.map(({value, label}) => h("option", {value, selected: value === current}, label)),
    );
    return {id, element};
}

function modelField(models, model) {
    const {id, element} = select(
        "model",
        models.map((one) => ({value: one.id, label: one.id})),
        model.id,
        (value) => changeSetting("model", value),
    );
    const why = `${t(model.loaded ? "settings.model.warm" : "settings.model.cold")} ${
        continuesAPicture(model)
            ? t("settings.model.continues")
            : model.people?.max
              ? t("settings.model.people", {count: model.people.max})
              : ""
    }`;
    return field("model", element, {id, why});
}

function sizeField(model) {
    const {size} = frameSize(model, settings.value);
    const {id, element} = select(
        "size",
        model.sizes.map((one) => ({value: one, label: one.replace("x", " × ")})),
        size,
        (value) => changeSetting("size", value === model.sizes[0] ? null : value),
    );
    return field("size", element, {id});
}

function lengthField(model) {
    const id = newId("length");
    const choices = frameChoices(model);
    const usual = model.frames?.default;
    const output = h("output.numbers", {for: id});
    const slider = h("input.slider", {
        id,
        type: "range",
        min: "0",
        max: String(choices.length - 1),
        step: "1",
        "aria-describedby": `${id}-why`,
    });
    const say = () => {
        const frames = frameCount(model, settings.value);
        const text = `${length(secondsOf(model, settings.value))} · ${t("settings.frames", {count: frames})}`;
        output.textContent = text;
        slider.setAttribute("aria-valuetext", text);
    };
    slider.value = String(Math.max(0, choices.indexOf(frameCount(model, settings.value))));
    colourUpToThumb(slider);
    slider.addEventListener("input", () => {
        const frames = choices[Number(slider.value)];
        changeSetting("num_frames", frames === usual ? null : frames);
        say();
    });
    say();
    return field("length", slider, {id, value: output});
}

function manyField(most) {
    const id = newId("n");
    const output = h("output.numbers", {for: id}, number(settings.value.n ?? 1));
    const slider = h("input.slider", {
        id,
        type: "range",
        min: "1",
        max: String(most),
        step: "1",
        "aria-describedby": `${id}-why`,
    });
    slider.value = String(settings.value.n ?? 1);
    colourUpToThumb(slider);
    slider.addEventListener("input", () => {
        const many = Number(slider.value);
        changeSetting("n", many === 1 ? null : many);
        output.textContent = number(many);
    });
    return field("n", slider, {id, value: output});
}

function colourUpToThumb(slider) {
    const colour = () => {
        const [least, most] = [Number(slider.min), Number(slider.max)];
        slider.style.setProperty("--done", `${((Number(slider.value) - least) / Math.max(1, most - least)) * 100}%`);
    };
    slider.addEventListener("input", colour);
    colour();
}

function seedField(defaults) {
    const id = newId("seed");
    const input = h("input.input.numbers", {
        id,
        inputmode: "numeric",
        pattern: "[0-9]*",
        maxlength: "20",
        value: settings.value.seed ?? "",
        placeholder: String(defaults.seed ?? 42),
        "aria-describedby": `${id}-why`,
        autocomplete: "off",
    });
    const reset = resetButton("seed", () => {
        input.value = "";
    });
    const take = () => {
        const digits = input.value.replace(/\D/g, "");
        input.value = digits;
        // Seeds have 64 bits, JavaScript's numbers 53: they travel as text.
        changeSetting("seed", digits || null);
        reset.update();
    };
    input.addEventListener("change", take);
    const roll = h(
        "button.button.round",
        {
            type: "button",
            "aria-label": t("settings.seed.roll"),
            title: t("settings.seed.roll"),
            on: {
                click: () => {
                    input.value = String(crypto.getRandomValues(new Uint32Array(1))[0]);
                    take();
                },
            },
        },
        icon("dice"),
    );
    return field("seed", h("div.row.nowrap", {}, input, roll), {id, reset: reset.button});
}

function numberField(name, {min, max, step, usual}) {
    const id = newId(name);
    const input = h("input.input", {
        id,
        type: "number",
        min,
        max,
        step,
        value: settings.value[name] ?? "",
        placeholder: usual === undefined || usual === null ? "" : String(usual),
        "aria-describedby": `${id}-why`,
    });
    const reset = resetButton(name, () => {
        input.value = "";
    });
    input.addEventListener("change", () => {
        const value = input.value === "" ? null : Math.min(max, Math.max(min, Number(input.value)));
        changeSetting(name, value === usual ? null : value);
        input.value = settings.value[name] ?? "";
        reset.update();
    });
    return field(name, input, {id, reset: reset.button});
}

function choiceField(name, values, usual = values[0]) {
    const all = [...new Set([usual, ...values])].filter((value) => values.includes(value));
    const {id, element} = select(
        name,
        all.map((value) => ({value, label: t(`settings.${name}.${value}`)})),
        settings.value[name] ?? usual,
        (value) => changeSetting(name, value === usual ? null : value),
    );
    return field(name, element, {id});
}

function textField(name) {
    const id = newId(name);
    const input = h("input.input", {
        id,
        value: settings.value[name] ?? "",
        "aria-describedby": `${id}-why`,
        autocomplete: "off",
    });
    input.addEventListener("change", () => changeSetting(name, input.value.trim()));
    return field(name, input, {id});
}

function checkField(name, usual) {
    const input = h("input", {
        type: "checkbox",
        checked: Boolean(settings.value[name] ?? usual),
        on: {change: () => changeSetting(name, input.checked === usual ? null : input.checked)},
    });
    return h(
        "div.field",
        {data: {field: name}},
        h(
            "label.check",
            {},
            input,
            h(
                "span",
                {},
                h("strong.label", {}, t(`settings.${name}`)),
                h("span.why.block", {}, t(`settings.${name}.why`)),
            ),
        ),
    );
}

/** A line under the button: "1.1 s · 144 × 96 · 4 videos". */
export function summary(capabilities) {
    const model = chosenModel(capabilities.value, settings.value);
    if (!model) {
        return "";
    }
    const {width, height} = frameSize(model, settings.value);
    const parts = [length(secondsOf(model, settings.value)), `${width} × ${height}`];
    if ((settings.value.n ?? 1) > 1) {
        parts.push(t("settings.videos", {count: settings.value.n}));
    }
    return parts.join(" · ");
}

/** How long the server keeps videos, as a sentence; empty where it keeps them. */
export function retention(capabilities) {
    const seconds = capabilities.value?.retention_s;
    return seconds ? t("keeps.for", {time: duration(seconds)}) : t("keeps.ever");
}
