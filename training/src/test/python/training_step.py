"""Seconds for one training step of the official transformer in PyTorch: forward, backward, clip, AdamW.

The other side of ai.ingredients.benchmarks.TrainingStep, which repeats the same steps on the same weights and inputs.

    PYTHONPATH=<feizc/Ingredients>:<huggingface/diffusers>/src \\
        python training_step.py configs/demo/transformer.json FOLDER [--bf16] [--steps 20] [--threads 1]

Writes config.json, diffusion_pytorch_model.safetensors and case.safetensors (inputs) into FOLDER when it has none, and
prints a JSON object with the loss of every step, seconds and processor seconds a step (medians, the first two steps
left out) and the peak memory of the process.

bf16 means what the Java trainer does: weights and activations in bf16, AdamW on fp32 copies of the weights.
"""

import argparse
import json
import os
import resource
import time
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch  # noqa: E402
from torch import nn  # noqa: E402

BATCH, FRAMES, ROWS, COLUMNS, PATCHES = 8, 5, 12, 18, 50
# Read from the config by the Java code; the official class has them as literals.
OWN = ("LFE_id_dim", "LFE_vit_dim", "LFE_depth", "LFE_dim_head", "LFE_num_heads", "LFE_num_id_token", "LFE_num_querie",
       "LFE_ff_mult", "LFE_num_scale", "cross_attn_dim_head", "cross_attn_num_heads", "router_dim")


def mapping(inner, sizes):
    """Linear, norm, LeakyReLU twice, then linear; `sizes` are the four widths."""
    layers = []
    for i in range(2):
        layers += [nn.Linear(sizes[i], sizes[i + 1]), nn.LayerNorm(inner), nn.LeakyReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[2], sizes[3]))


def build(config):
    """The official model at the sizes of `config`."""
    import models.transformer_ingredients as official

    extractor, cross, router = official.LocalFacialExtractor, official.PerceiverCrossAttention, official.MultiIPRouter

    def make_extractor():
        vit = config["LFE_vit_dim"]
        made = extractor(dim=vit, depth=config["LFE_depth"], dim_head=config["LFE_dim_head"],
                         heads=config["LFE_num_heads"], num_id_token=config["LFE_num_id_token"],
                         num_queries=config["LFE_num_querie"], output_dim=config["LFE_output_dim"],
                         ff_mult=config["LFE_ff_mult"])
        for scale in range(5):
            setattr(made, f"mapping_{scale}", mapping(vit, [vit] * 4))
        made.id_embedding_mapping = mapping(
            vit, [config["LFE_id_dim"], vit, vit, vit * config["LFE_num_id_token"]])
        return made

    def make_cross(*, dim, dim_head, heads, kv_dim):
        return cross(dim=dim, dim_head=config["cross_attn_dim_head"], heads=config["cross_attn_num_heads"],
                     kv_dim=kv_dim)

    def make_router():
        width = config["num_attention_heads"] * config["attention_head_dim"]
        made = router(dim=width, id_dim=config["LFE_output_dim"], id_length=config["LFE_num_querie"])
        made.to_q = nn.Linear(width, config["router_dim"], bias=False)
        made.to_kv = nn.Linear(config["LFE_output_dim"], config["router_dim"], bias=False)
        return made

    official.LocalFacialExtractor = make_extractor
    official.PerceiverCrossAttention = make_cross
    official.MultiIPRouter = make_router
    known = {key: value for key, value in config.items() if not key.startswith("_") and key not in OWN}
    try:
        return official.IngredientsTransformer3DModel(**known)
    finally:
        official.LocalFacialExtractor = extractor
        official.PerceiverCrossAttention = cross
        official.MultiIPRouter = router


def prepare(folder, config_file):
    """Weights and inputs, the same whenever this is asked."""
    from models.utils import prepare_rotary_positional_embeddings
    from safetensors.torch import save_file

    config = json.load(open(config_file))
    torch.manual_seed(0)
    model = build(config)
    channels, text = config["in_channels"], config["text_embed_dim"]
    case = {
        "latents": torch.randn(BATCH, FRAMES, channels, ROWS, COLUMNS),
        "wanted": torch.randn(BATCH, FRAMES, config["out_channels"], ROWS, COLUMNS),
        "text": torch.randn(BATCH, config["max_text_seq_length"], text),
        "timestep": torch.randint(0, 1000, (BATCH,)),
        "id_cond": torch.randn(2, config["LFE_id_dim"]),
    }
    for scale in range(5):
        case[f"vit_hidden_{scale}"] = torch.randn(2, PATCHES, config["LFE_vit_dim"])
    case["rope_cos"], case["rope_sin"] = prepare_rotary_positional_embeddings(
        ROWS * 8, COLUMNS * 8, FRAMES, attention_head_dim=config["attention_head_dim"])
    os.makedirs(folder, exist_ok=True)
    json.dump(config, open(os.path.join(folder, "config.json"), "w"), indent=1)
    save_file({name: value.contiguous() for name, value in case.items()}, os.path.join(folder, "case.safetensors"))
    save_file({name: value.contiguous() for name, value in model.state_dict().items()},
              os.path.join(folder, "diffusion_pytorch_model.safetensors"), metadata={"format": "pt"})


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("config")
    arguments.add_argument("folder")
    arguments.add_argument("--bf16", action="store_true")
    arguments.add_argument("--steps", type=int, default=20)
    arguments.add_argument("--threads", type=int, default=1)
    chosen = arguments.parse_args()
    torch.set_num_threads(chosen.threads)
    if not os.path.exists(os.path.join(chosen.folder, "case.safetensors")):
        prepare(chosen.folder, chosen.config)

    from safetensors.torch import load_file

    model = build(json.load(open(os.path.join(chosen.folder, "config.json"))))
    model.load_state_dict(load_file(os.path.join(chosen.folder, "diffusion_pytorch_model.safetensors")), strict=True)
    model.train()
    case = load_file(os.path.join(chosen.folder, "case.safetensors"))
    dtype = torch.bfloat16 if chosen.bf16 else torch.float32
    model.to(dtype)
    parameters = list(model.parameters())
    masters = [p.detach().float().clone() for p in parameters] if chosen.bf16 else parameters
    optimizer = torch.optim.AdamW(masters, lr=1e-4, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0, fused=True)
    placed = {name: value.to(dtype) if value.is_floating_point() and not name.startswith("rope") else value
              for name, value in case.items()}
    people = [[placed[f"vit_hidden_{scale}"][n:n + 1] for scale in range(5)] for n in range(2)]

    losses, walls, processors = [], [], []
    for _ in range(chosen.steps):
        wall, processor = time.perf_counter(), time.process_time()
        sample = model(hidden_states=placed["latents"], encoder_hidden_states=placed["text"],
                       timestep=placed["timestep"], image_rotary_emb=(placed["rope_cos"], placed["rope_sin"]),
                       id_cond=[placed["id_cond"][n:n + 1] for n in range(2)], id_vit_hidden=people,
                       return_dict=False)[0]
        loss = (sample.float() - case["wanted"]).square().mean()
        loss.backward()
        if chosen.bf16:
            for master, parameter in zip(masters, parameters):
                master.grad = None if parameter.grad is None else parameter.grad.float()
        torch.nn.utils.clip_grad_norm_(masters, 1.0)
        optimizer.step()
        if chosen.bf16:
            with torch.no_grad():
                for master, parameter in zip(masters, parameters):
                    parameter.copy_(master)
                    parameter.grad = None
        else:
            optimizer.zero_grad()
        losses.append(loss.item())
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    print(json.dumps({
        "side": "python", "precision": "bf16" if chosen.bf16 else "fp32", "threads": chosen.threads,
        "loss-first": losses[0], "loss-last": losses[-1],
        "seconds": round(sorted(walls[2:])[len(walls[2:]) // 2], 4),
        "cpu-seconds": round(sorted(processors[2:])[len(processors[2:]) // 2], 4),
        "peak-mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }))


if __name__ == "__main__":
    main()
