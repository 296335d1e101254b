"""Vectors of textual inversion: `inversion.json` and `inversion.safetensors` in the fixtures.

    python inversion.py ids REPOSITORY        with transformers 4.57.6, the last that has the slow T5Tokenizer
    python inversion.py vectors REPOSITORY    with transformers 5.18 and the src of a diffusers checkout on PYTHONPATH

The first cuts prompts into ids with tokens added to the tokenizer as diffusers' textual inversion adds them. The second
runs T5EncoderModel with an embedding table resized for them, and CogVideoXTransformer3DModel behind it for the gradient
of the diffusion loss. torch 2.13, fp32, OMP_NUM_THREADS=1; diffusers at the commit that manifest.json names.
"""

import json
import pathlib
import sys

# Vectors of each word; the second of a word is called <word>_1, as diffusers calls it.
WORDS = {"<anna>": 3, "<bob-2>": 1}
PROMPTS = [
    "<anna> walks in a sunny park.",
    "A woman, <anna>, and <bob-2> talk.",
    "<anna><bob-2>",
    "   <bob-2>   's coat, a<anna>b",
    "<anna> </s> <bob-2> <extra_id_3> <<anna>>",
    "two <anna> and <anna>",
    "Two men walk.",
    "A man and a woman in half bodies talk in a dimly lit room with <anna>",
]
LENGTHS = [24, 9]
TRAINED = ["<anna> walks in a park.", "A photo of <anna> with <anna>."]
TRAINED_LENGTH = 16


def table_names(word, count):
    return [word if i == 0 else f"{word}_{i}" for i in range(count)]


def spelt_out(prompt):
    """What diffusers makes of a prompt: every vector by its own name, apart."""
    for word, count in WORDS.items():
        prompt = prompt.replace(word, " ".join(table_names(word, count)))
    return prompt


def make_ids(bundle, fixtures):
    from transformers.models.t5.tokenization_t5 import T5Tokenizer

    tokenizer = T5Tokenizer.from_pretrained(bundle / "tokenizer")
    first = len(tokenizer)
    for word, count in WORDS.items():
        tokenizer.add_tokens(table_names(word, count))

    def ids(prompt, length):
        return tokenizer(spelt_out(prompt), padding="max_length", max_length=length, truncation=True).input_ids

    cases = [{"prompt": prompt, "length": length, "ids": ids(prompt, length)}
             for prompt in PROMPTS for length in LENGTHS]
    trained = [{"prompt": prompt, "length": TRAINED_LENGTH, "ids": ids(prompt, TRAINED_LENGTH)} for prompt in TRAINED]
    lines = ['{"first": %d,' % first, ' "words": %s,' % json.dumps(WORDS)]
    for name, listed in (("cases", cases), ("trained", trained)):
        lines.append(' "%s": [' % name)
        lines.append(",\n".join("  " + json.dumps(case) for case in listed))
        lines.append(" ]," if name == "cases" else " ]}")
    (fixtures / "inversion.json").write_text("\n".join(lines) + "\n")


def make_vectors(bundle, fixtures):
    import torch
    from diffusers import CogVideoXTransformer3DModel
    from diffusers.models.embeddings import get_3d_rotary_pos_embed
    from diffusers.pipelines.cogvideo.pipeline_cogvideox import get_resize_crop_region_for_grid
    from safetensors.torch import save_file
    from transformers import T5EncoderModel

    torch.set_num_threads(1)
    texts = json.loads((fixtures / "inversion.json").read_text())
    encoder = T5EncoderModel.from_pretrained(bundle / "text_encoder").eval().requires_grad_(False)
    table = encoder.get_input_embeddings().weight
    torch.manual_seed(5)
    words = {word: torch.randn(count, table.shape[1]) * table.std() for word, count in WORDS.items()}
    # The tokenizer's next ids lie inside the table, whose last rows nothing uses: the new rows take their place.
    first = texts["first"]
    resized = torch.cat([table[:first], *words.values()]).detach()
    encoder.resize_token_embeddings(len(resized))
    weight = encoder.get_input_embeddings().weight
    with torch.no_grad():
        weight.copy_(resized)
    tensors = {f"in_{word}": rows for word, rows in words.items()}
    for i, case in enumerate(texts["cases"]):
        tensors[f"out_embeds_{i}"] = encoder(torch.tensor([case["ids"]]))[0]

    transformer = CogVideoXTransformer3DModel.from_pretrained(fixtures / "bundle_t2v/transformer")
    transformer.eval().requires_grad_(False)
    config = transformer.config
    batch, frames, rows, columns = len(TRAINED), 2, 4, 6
    latents = torch.randn(batch, frames, config.in_channels, rows, columns)
    wanted = torch.randn(batch, frames, config.out_channels, rows, columns)
    timesteps = torch.tensor([71, 805])
    grid = (rows // config.patch_size, columns // config.patch_size)
    crops = get_resize_crop_region_for_grid(
        grid, config.sample_width // config.patch_size, config.sample_height // config.patch_size)
    rotary = get_3d_rotary_pos_embed(
        embed_dim=config.attention_head_dim, crops_coords=crops, grid_size=grid, temporal_size=frames)
    weight.requires_grad_(True)
    text = encoder(torch.tensor([case["ids"] for case in texts["trained"]]))[0]
    sample = transformer(hidden_states=latents, encoder_hidden_states=text, timestep=timesteps,
                         image_rotary_emb=rotary, return_dict=False)[0]
    loss = (sample - wanted).square().mean()
    loss.backward()
    tensors |= {
        "in_latents": latents, "in_wanted": wanted, "in_timesteps": timesteps, "out_sample": sample,
        "out_loss": loss.reshape(1), "out_gradient": weight.grad[first:first + WORDS["<anna>"]],
    }
    save_file({name: value.detach().contiguous() for name, value in tensors.items()},
              fixtures / "inversion.safetensors")
    print("loss", loss.item(), "gradient", tensors["out_gradient"].norm().item())


def main():
    root = pathlib.Path(sys.argv[2])
    make = {"ids": make_ids, "vectors": make_vectors}[sys.argv[1]]
    make(root / "examples/tiny-random", root / "core/src/test/resources/fixtures")


if __name__ == "__main__":
    main()
