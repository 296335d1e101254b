"""Reference vectors of CogVideoX 1.5 and of interpolated learned positions, run by diffusers.

    PYTHONPATH=<diffusers>/src python cogvideox_vectors.py src/test/resources/fixtures ../examples/tiny-random    (in core)

Writes transformers cogvideox_tiny_15 and cogvideox_tiny_15_i2v with random weights, cogvideox_pos_15*.safetensors with what
their modules make of several sizes, pipeline_*_15_*.safetensors with whole generations, keys/cogvideox15_*_keys.txt, and
cogvideox_interpolated.safetensors; adds their settings to manifest.json. Prompt embeddings are those of
pipeline_i2v_5b_dpm_3, which the official text encoder made of the same prompts.
"""

import json
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import (
    AutoencoderKLCogVideoX,
    CogVideoXDDIMScheduler,
    CogVideoXDPMScheduler,
    CogVideoXImageToVideoPipeline,
    CogVideoXPipeline,
    CogVideoXTransformer3DModel,
)
from PIL import Image
from safetensors.torch import load_file, save_file

torch.set_num_threads(1)

TINY = dict(num_attention_heads=2, attention_head_dim=16, out_channels=16, time_embed_dim=24, text_embed_dim=32,
            num_layers=2, sample_width=20, sample_height=16, sample_frames=17, max_text_seq_length=16,
            use_rotary_positional_embeddings=True, patch_size_t=2, patch_bias=False)
LAYOUTS = {"15": dict(TINY, in_channels=16), "15_i2v": dict(TINY, in_channels=32, ofs_embed_dim=24)}
PUBLISHED = dict(num_attention_heads=48, attention_head_dim=64, out_channels=16, num_layers=42, sample_width=300,
                 sample_height=300, sample_frames=81, use_rotary_positional_embeddings=True, patch_size_t=2,
                 patch_bias=False)
KEYS = {"cogvideox15_5b": dict(PUBLISHED, in_channels=16),
        "cogvideox15_5b_i2v": dict(PUBLISHED, in_channels=32, ofs_embed_dim=512)}
PROMPT = "A woman and her friend walk along the beach at sunset, smiling and talking."
NEGATIVE = "blurry, low quality"


def transformer(config, seed):
    torch.manual_seed(seed)
    model = CogVideoXTransformer3DModel(**config).eval()
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            parameter.data.normal_(0, 1.2 / parameter[0].numel() ** 0.5)
        else:
            parameter.data.normal_(1 if name.endswith("weight") else 0, 0.2)
    return model


class Rotary:
    """The pipelines' own method, with only what it looks at."""

    def __init__(self, model):
        self.transformer, self.vae_scale_factor_spatial = model, 8

    def __call__(self, height, width, frames):
        return CogVideoXPipeline._prepare_rotary_positional_embeddings(
            self, height * 8, width * 8, frames, torch.device("cpu"))


@torch.no_grad()
def forward(model, vectors, name, frames, height, width, rotary):
    channels = model.config.in_channels
    latents, text = torch.randn(2, frames, channels, height, width), torch.randn(2, 16, 32)
    cos, sin = rotary(height, width, frames)
    ofs = None if model.config.ofs_embed_dim is None else latents.new_full((1,), fill_value=2.0)
    vectors["in_latents_" + name], vectors["in_text_" + name] = latents, text
    vectors["in_rope_cos_" + name], vectors["in_rope_sin_" + name] = cos, sin
    vectors["out_patch_embed_" + name] = model.patch_embed(text, latents)
    vectors["out_sample_" + name] = model(hidden_states=latents, encoder_hidden_states=text, ofs=ofs,
                                          timestep=vectors["in_timestep"], image_rotary_emb=(cos, sin),
                                          return_dict=False)[0]


def modules(fixtures, layout, model):
    torch.manual_seed(15)
    vectors = {"in_timestep": torch.tensor([999, 421])}
    sizes = {"largest": (4, 16, 20), "small": (2, 6, 10), "portrait": (6, 12, 8)}
    for name, (frames, height, width) in sizes.items():
        forward(model, vectors, name, frames, height, width, Rotary(model))
    write(fixtures, "cogvideox_pos_" + layout, vectors)


def interpolated(fixtures):
    """The table as VideoX-Fun resizes it for this family: trilinear over the grid, edges not aligned, first frames taken.

    Where more frames are asked for than were learned, time is interpolated too. The rest is diffusers' own forward, of a
    model whose config says the other size.
    """
    folder = os.path.join(fixtures, "cogvideox_tiny_5b_i2v/transformer")
    learned = CogVideoXTransformer3DModel.from_pretrained(folder).eval()
    config, state = dict(learned.config), learned.state_dict()
    table, text = state["patch_embed.pos_embedding"], config["max_text_seq_length"]
    torch.manual_seed(16)
    vectors = {"in_timestep": torch.tensor([999, 421])}
    sizes = {"larger": (3, 12, 16), "portrait": (3, 12, 8), "shorter": (2, 6, 10), "longer": (5, 12, 16)}
    for name, (frames, height, width) in sizes.items():
        grid = table[:, text:].reshape(1, 3, 4, 6, -1).permute(0, 4, 1, 2, 3)
        resized = F.interpolate(grid, size=(max(3, frames), height // 2, width // 2), mode="trilinear",
                                align_corners=False)[:, :, :frames]
        state["patch_embed.pos_embedding"] = torch.cat(
            [table[:, :text], resized.permute(0, 2, 3, 4, 1).flatten(1, 3)], dim=1)
        other = CogVideoXTransformer3DModel.from_config(
            dict(config, sample_frames=4 * frames - 3, sample_height=height, sample_width=width)).eval()
        other.load_state_dict(state)
        forward(other, vectors, name, frames, height, width, Rotary(learned))
    write(fixtures, "cogvideox_interpolated", vectors)


def generation(fixtures, bundle, layout, model, name, settings):
    embeds = load_file(os.path.join(fixtures, "pipeline_i2v_5b_dpm_3.safetensors"))["out_prompt_embeds"]
    with open(os.path.join(bundle, "scheduler/scheduler_config.json")) as file:
        schedule = dict(json.load(file), snr_shift_scale=settings["snr_shift_scale"])
    kind = {"ddim": CogVideoXDDIMScheduler, "dpm": CogVideoXDPMScheduler}[settings["scheduler"]]
    vae = AutoencoderKLCogVideoX.from_pretrained(os.path.join(bundle, "vae")).eval()
    vae.register_to_config(invert_scale_latents=settings["invert_scale_latents"])
    image = model.config.in_channels == 32
    pipeline = (CogVideoXImageToVideoPipeline if image else CogVideoXPipeline)(
        tokenizer=None, text_encoder=None, vae=vae, transformer=model, scheduler=kind.from_config(schedule))
    pipeline.set_progress_bar_config(disable=True)
    vectors, inputs = {}, {}
    if image:
        ramp = np.random.default_rng(8).integers(0, 256, (8, 12, 3), np.uint8)
        picture = Image.fromarray(ramp).resize((96, 64), Image.BICUBIC)
        vectors["in_image"], inputs["image"] = torch.from_numpy(np.array(picture)), picture
    prepare = pipeline.prepare_latents

    def prepared(*arguments, **named):
        made = prepare(*arguments, **named)
        if image:
            vectors["out_initial_latents"], vectors["out_image_latents"] = made[0].clone(), made[1].clone()
        else:
            vectors["out_initial_latents"] = made.clone()
        return made

    def step(pipe, i, t, values):
        vectors["out_latents_%d" % i] = values["latents"].clone()
        return values

    pipeline.prepare_latents = prepared
    frames = pipeline(prompt_embeds=embeds[1:], negative_prompt_embeds=embeds[:1], height=settings["height"],
                      width=settings["width"], num_frames=settings["num_frames"], num_inference_steps=settings["steps"],
                      guidance_scale=settings["guidance_scale"], use_dynamic_cfg=settings["use_dynamic_cfg"],
                      generator=torch.Generator("cpu").manual_seed(settings["seed"]), output_type="np",
                      callback_on_step_end=step, max_sequence_length=16, **inputs).frames
    vectors["out_timesteps"] = pipeline.scheduler.timesteps.long()
    vectors["out_frames_uint8"] = torch.from_numpy((frames * 255).round().astype(np.uint8))
    write(fixtures, name, vectors, dict(settings, model=layout))


def write(fixtures, name, vectors, settings=None):
    save_file({key: value.contiguous() for key, value in vectors.items()},
              os.path.join(fixtures, name + ".safetensors"))
    print(name, {key: list(value.shape) for key, value in vectors.items() if key.startswith("out")})
    path = os.path.join(fixtures, "manifest.json")
    with open(path) as file:
        manifest = json.load(file)
    manifest["files"][name] = {"description": "made by src/test/python/cogvideox_vectors.py, which says how",
                               "settings": settings or {}}
    with open(path, "w") as file:
        file.write(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def main(fixtures, bundle):
    interpolated(fixtures)
    models = {}
    for layout, config in LAYOUTS.items():
        models[layout] = transformer(config, 1500 + len(layout))
        models[layout].save_pretrained(os.path.join(fixtures, "cogvideox_tiny_%s/transformer" % layout))
        modules(fixtures, layout, models[layout])
    for name, config in KEYS.items():
        with torch.device("meta"):
            published = CogVideoXTransformer3DModel(**config)
        with open(os.path.join(fixtures, "keys", name + "_keys.txt"), "w") as file:
            for key, tensor in published.state_dict().items():
                file.write("%s %s\n" % (key, list(tensor.shape)))
    common = dict(height=64, width=96, guidance_scale=6.0, use_dynamic_cfg=False, seed=44, max_sequence_length=16,
                  prompt=PROMPT, negative_prompt=NEGATIVE, snr_shift_scale=1.0, invert_scale_latents=False, num_frames=9,
                  steps=3)
    for layout, name, settings in (
            ("15", "pipeline_t2v_15_dpm_3", dict(scheduler="dpm")),
            ("15", "pipeline_t2v_15_ddim_2_othersize", dict(scheduler="ddim", steps=2, height=128, width=48, num_frames=17,
                                                            use_dynamic_cfg=True)),
            ("15", "pipeline_t2v_15_even", dict(scheduler="dpm", steps=2, num_frames=5, guidance_scale=1.0)),
            ("15_i2v", "pipeline_i2v_15_dpm_3", dict(scheduler="dpm", invert_scale_latents=True)),
            ("15_i2v", "pipeline_i2v_15_ddim_2", dict(scheduler="ddim", steps=2))):
        generation(fixtures, bundle, layout, models[layout], name, dict(common, **settings))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
