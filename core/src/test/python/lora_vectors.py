"""Reference vectors of low-rank adapters, as diffusers' own loader and peft read them.

    PYTHONPATH=<diffusers>/src python lora_vectors.py src/test/resources/fixtures      (in core; needs torch and peft)

On the tiny CogVideoX-5B transformer of the fixtures. Writes into fixtures/lora:
  diffusers.safetensors      CogVideoXPipeline.save_lora_weights with metadata: rank and alpha differ by module
  plain.safetensors          the same layout without metadata or alphas, as the official training script leaves it
  kohya.safetensors          lora_unet_... names with alphas, made of formulas; diffusers reads none of these for CogVideoX,
                             so what they mean is computed here: W + scale * alpha / rank * up @ down
  peft/                      a PeftModel's folder, rank-stabilised (alpha / sqrt(rank))
and lora.safetensors: inputs, and the prediction with each file at a scale, and with two at once.
"""

import os
import sys

import torch
from diffusers import CogVideoXPipeline, CogVideoXTransformer3DModel
from diffusers.loaders import CogVideoXLoraLoaderMixin
from diffusers.utils import convert_state_dict_to_diffusers
from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file

torch.set_num_threads(1)
torch.manual_seed(20261130)

ATTENTION = ["to_q", "to_k", "to_v", "to_out.0"]
EVERYTHING = [*ATTENTION, "net.0.proj", "net.2", "patch_embed.proj", "text_proj", "proj_out", "norm1.linear",
              "norm_out.linear", "linear_1"]


def model(fixtures):
    return CogVideoXTransformer3DModel.from_pretrained(os.path.join(fixtures, "cogvideox_tiny_5b/transformer")).eval()


def randomise(adapted):
    for name, parameter in adapted.named_parameters():
        if "lora_" in name:
            parameter.data.normal_(0, 0.15)


def predict(transformer, inputs):
    with torch.no_grad():
        return transformer(hidden_states=inputs["in_latents"], encoder_hidden_states=inputs["in_text"],
                           timestep=inputs["in_timestep"], return_dict=False,
                           image_rotary_emb=(inputs["in_rope_cos"], inputs["in_rope_sin"]))[0]


def official(fixtures, files, scales, inputs):
    """What the pipeline's load_lora_weights and set_adapters do, without a pipeline around it."""
    transformer = model(fixtures)
    for i, file in enumerate(files):
        state, metadata = CogVideoXLoraLoaderMixin.lora_state_dict(file, return_lora_metadata=True)
        CogVideoXLoraLoaderMixin.load_lora_into_transformer(
            state, transformer, adapter_name=str(i), metadata=metadata)
    transformer.set_adapters([str(i) for i in range(len(files))], scales)
    return predict(transformer, inputs)


def kohya(fixtures):
    modules = {name: module for name, module in model(fixtures).named_modules()
               if isinstance(module, torch.nn.Linear) and (".attn1." in name or ".ff." in name)}
    state, rank = {}, 3
    for i, (name, module) in enumerate(modules.items()):
        key = "lora_unet_" + name.replace(".", "_")
        state[key + ".lora_down.weight"] = torch.randn(rank, module.in_features) * 0.15
        state[key + ".lora_up.weight"] = torch.randn(module.out_features, rank) * 0.15
        state[key + ".alpha"] = torch.tensor(1.0 + i % 4)
    return state


def merged(fixtures, state, scale):
    transformer = model(fixtures)
    for name, module in transformer.named_modules():
        key = "lora_unet_" + name.replace(".", "_")
        if key + ".alpha" in state:
            down, up = state[key + ".lora_down.weight"], state[key + ".lora_up.weight"]
            module.weight.data += scale * (state[key + ".alpha"] / down.shape[0]) * (up @ down)
    return transformer


def main(fixtures):
    folder = os.path.join(fixtures, "lora")
    os.makedirs(folder, exist_ok=True)
    source = load_file(os.path.join(fixtures, "cogvideox_pos_5b.safetensors"))
    vectors = {"in_timestep": source["in_timestep"]}
    for name in ("latents", "text", "rope_cos", "rope_sin"):
        vectors["in_" + name] = source["in_%s_small" % name]
    base = predict(model(fixtures), vectors)

    adapted = model(fixtures)
    adapted.add_adapter(LoraConfig(r=4, lora_alpha=8, target_modules=EVERYTHING, rank_pattern={"to_q": 2},
                                   alpha_pattern={"to_q": 3, "transformer_blocks.1.ff.net.2": 1}))
    randomise(adapted)
    layers = get_peft_model_state_dict(adapted)
    CogVideoXPipeline.save_lora_weights(folder, transformer_lora_layers=layers, weight_name="diffusers.safetensors",
                                        transformer_lora_adapter_metadata=adapted.peft_config["default"].to_dict())

    adapted = model(fixtures)
    adapted.add_adapter(LoraConfig(r=4, lora_alpha=4, target_modules=ATTENTION))
    randomise(adapted)
    layers = convert_state_dict_to_diffusers(get_peft_model_state_dict(adapted))
    CogVideoXPipeline.save_lora_weights(folder, transformer_lora_layers=layers, weight_name="plain.safetensors")

    state = kohya(fixtures)
    save_file(state, os.path.join(folder, "kohya.safetensors"), metadata={"ss_network_dim": "3"})

    whole = get_peft_model(model(fixtures), LoraConfig(r=4, lora_alpha=6, target_modules=ATTENTION, use_rslora=True))
    randomise(whole)
    whole.save_pretrained(os.path.join(folder, "peft"))
    readme = os.path.join(folder, "peft", "README.md")
    if os.path.exists(readme):
        os.remove(readme)

    diffusers, plain = (os.path.join(folder, name + ".safetensors") for name in ("diffusers", "plain"))
    vectors["out_base"] = base
    vectors["out_diffusers_0.7"] = official(fixtures, [diffusers], [0.7], vectors)
    vectors["out_plain_1"] = official(fixtures, [plain], [1.0], vectors)
    vectors["out_both_0.7_-0.4"] = official(fixtures, [diffusers, plain], [0.7, -0.4], vectors)
    vectors["out_kohya_0.8"] = predict(merged(fixtures, state, 0.8), vectors)
    vectors["out_peft_1"] = predict(PeftModel.from_pretrained(model(fixtures), os.path.join(folder, "peft")), vectors)
    for name, tensor in vectors.items():
        if name.startswith("out_"):
            print(name, float((tensor - base).norm() / base.norm()))
    save_file({name: tensor.contiguous() for name, tensor in vectors.items()},
              os.path.join(fixtures, "lora.safetensors"))


if __name__ == "__main__":
    main(sys.argv[1])
