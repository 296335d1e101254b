#!/usr/bin/env python3
"""The cases of `ingredients bench` in PyTorch and diffusers, on the same folder of weights, with the same names.

  python tools/bench_python.py --weights DIR --size mid --dtype bf16 [--cases kernels,load,step,decode,encode,train]
  python tools/bench_python.py --weights DIR --size mid --dtype bf16 --rounds 3 --beside "./ingredients bench"

The second form is the whole comparison: it runs both programs in turn, round by round, each in a process of its own,
and prints the ratio of each case (median of the rounds' medians; below 1 ours is faster or smaller).

Needs torch and safetensors; diffusers for the autoencoder; for transformers with
identity modules a checkout of the official Ingredients code on PYTHONPATH. DIR is a folder of `ingredients bench
make-weights`. Inputs are random, of the same shapes; nothing is compared but time and memory.
"""
import argparse
import contextlib
import gc
import io
import json
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

SIZES = {  # frames, height, width, text tokens, people
    "tiny": (9, 64, 96, 64, 2),
    "mid": (13, 240, 400, 64, 2),
    "published": (9, 240, 368, 226, 2),
}
CASES = ["kernels", "load", "step", "decode", "encode", "train"]
VISION_TOKENS = 577


def reset_peak():
    """Lets the kernel's high-water mark of resident memory begin anew (Linux)."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


def peak_resident():
    """Bytes; the most since `reset_peak`, or ever where the system cannot reset it."""
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class Bench:
    def __init__(self, args):
        import torch

        self.torch = torch
        self.args = args
        self.cases = []
        if args.threads:
            torch.set_num_threads(args.threads)
        self.device = args.device
        frames, height, width, self.text, self.people = SIZES[args.size]
        self.frames = args.frames or frames
        self.height = args.height or height
        self.width = args.width or width
        self.tiny = args.size == "tiny"

    def dtype(self, name):
        return {"fp32": self.torch.float32, "bf16": self.torch.bfloat16, "fp16": self.torch.float16}[name]

    def finish(self):
        if self.device.startswith("cuda"):
            self.torch.cuda.synchronize()

    def measure(self, name, dtype, work, flops=0):
        for _ in range(self.args.warm_up):
            work()
        self.finish()
        gc.collect()
        reset_peak()
        cuda = self.device.startswith("cuda")
        if cuda:
            self.torch.cuda.reset_peak_memory_stats()
        seconds = []
        for _ in range(self.args.repeat):
            started = time.perf_counter()
            work()
            self.finish()
            seconds.append(time.perf_counter() - started)
        median = statistics.median(seconds)
        self.cases.append({
            "case": name, "dtype": dtype, "median_s": median, "least_s": min(seconds), "most_s": max(seconds),
            "seconds": seconds, "gflops": flops / median / 1e9, "peak_resident_bytes": peak_resident(),
            "peak_device_bytes": self.torch.cuda.max_memory_allocated() if cuda else 0,
        })
        print(f"{name}, {dtype}: {median:.4f} s", file=sys.stderr, flush=True)

    def random(self, dtype, *shape):
        return self.torch.randn(*shape).to(self.device, self.dtype(dtype))

    # --- kernels ------------------------------------------------------------------------------------------------------

    def kernels(self, dtype):
        torch, tiny = self.torch, self.tiny
        functional = torch.nn.functional
        for side in ((256, 512) if tiny else (2048, 4096)):
            left, right = self.random(dtype, side, side), self.random(dtype, side, side)
            self.measure(f"matmul {side}", dtype, lambda: left @ right, 2 * side ** 3)
        rows, wide, out = (100, 96, 384) if tiny else (1564, 768, 3072)
        x, weight, bias = self.random(dtype, rows, wide), self.random(dtype, out, wide), self.random(dtype, out)
        self.measure(f"linear {rows}x{wide} to {out}", dtype, lambda: functional.linear(x, weight, bias),
                     2 * rows * wide * out)
        tokens = 100 if tiny else 1564
        query, key, value = (self.random(dtype, 1, 12, tokens, 64) for _ in range(3))
        self.measure(f"attention 12x{tokens}x64", dtype,
                     lambda: functional.scaled_dot_product_attention(query, key, value), 4 * 12 * tokens ** 2 * 64)
        small = [(8, 3, 8, 12), (8, 3, 16, 24)] if tiny else [(512, 3, 30, 46), (128, 8, 120, 184)]
        for channels, time_, high, wide in small:
            video = self.random(dtype, 1, channels, time_ + 2, high, wide)
            kernel, bias = self.random(dtype, channels, channels, 3, 3, 3), self.random(dtype, channels)
            self.measure(f"conv3d {channels}x{time_}x{high}x{wide}", dtype,
                         lambda: functional.conv3d(video, kernel, bias, padding=(0, 1, 1)),
                         2 * 27 * channels ** 2 * time_ * high * wide)

    # --- models -------------------------------------------------------------------------------------------------------

    def config(self, component):
        with open(os.path.join(self.args.weights, component, "config.json")) as file:
            return json.load(file)

    def state(self, component):
        from safetensors.torch import load_file

        folder = os.path.join(self.args.weights, component)
        state = {}
        for name in sorted(os.listdir(folder)):
            if name.endswith(".safetensors"):
                state.update(load_file(os.path.join(folder, name)))
        return state

    def empty_transformer(self, dtype):
        """The model without values, in `dtype`."""
        config = self.config("transformer")
        torch = self.torch
        declare_vision_operators(torch)
        if config["_class_name"] == "IngredientsTransformer3DModel":
            import models.transformer_ingredients  # noqa: F401  outside the meta device

            make = ingredients_transformer
        else:
            from diffusers import CogVideoXTransformer3DModel

            def make(_, config):
                return CogVideoXTransformer3DModel.from_config(config)

        with torch.device("meta"), contextlib.redirect_stdout(io.StringIO()):
            model = make(torch, config)
        return model.to(self.dtype(dtype)).eval()

    def transformer(self, dtype):
        model = self.empty_transformer(dtype)
        wanted = self.dtype(dtype)
        state = {name: tensor.to(self.device, wanted) for name, tensor in self.state("transformer").items()}
        model.load_state_dict(state, assign=True, strict=True)
        self.off_meta(model)
        return model

    def off_meta(self, model):
        """Buffers that no checkpoint holds, such as position tables the rotary models do not use."""
        for module in model.modules():
            for name, buffer in list(module._buffers.items()):
                if buffer is not None and buffer.is_meta:
                    module._buffers[name] = self.torch.zeros(buffer.shape, dtype=buffer.dtype, device=self.device)

    def load(self, dtype):
        """As people load: a model that is there, and `load_state_dict` from the files."""
        model = self.empty_transformer(dtype).to_empty(device=self.device)

        def work():
            model.load_state_dict(self.state("transformer"), strict=True)

        self.measure("load the transformer", dtype, work)

    def inputs(self, dtype):
        torch = self.torch
        config = self.config("transformer")
        latent_frames, high, wide = (self.frames - 1) // 4 + 1, self.height // 8, self.width // 8
        inputs = {
            "hidden_states": self.random(dtype, 1, latent_frames, config["in_channels"], high, wide),
            "encoder_hidden_states": self.random(dtype, 1, self.text, config["text_embed_dim"]),
            "timestep": torch.tensor([500], device=self.device),
            "return_dict": False,
        }
        if config.get("use_rotary_positional_embeddings"):
            tokens = latent_frames * (high // 2) * (wide // 2)
            angle = torch.rand(tokens, config["attention_head_dim"]) * 6
            inputs["image_rotary_emb"] = (angle.cos().to(self.device), angle.sin().to(self.device))
        if config["_class_name"] == "IngredientsTransformer3DModel":
            inputs["id_cond"] = [self.random(dtype, 1, config["LFE_id_dim"]) for _ in range(self.people)]
            inputs["id_vit_hidden"] = [
                [self.random(dtype, 1, VISION_TOKENS, config["LFE_vit_dim"]) for _ in range(5)]
                for _ in range(self.people)]
        return inputs

    def step(self, dtype):
        model, inputs = self.transformer(dtype), self.inputs(dtype)

        def work():
            with self.torch.no_grad(), contextlib.redirect_stdout(io.StringIO()):
                model(**inputs)

        self.measure("denoising step", dtype, work)

    def train(self, dtype):
        torch = self.torch
        model = self.transformer(dtype).train()
        parameters = sum(parameter.numel() for parameter in model.parameters())
        if parameters * 16 > os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES"):
            print("training step: skipped, too large", file=sys.stderr)
            return
        for parameter in model.parameters():
            parameter.requires_grad_(True)
        # As ours: fp32 masters of what is narrower.
        masters = [parameter if parameter.dtype == torch.float32 else parameter.detach().float()
                   for parameter in model.parameters()]
        optimizer = torch.optim.AdamW(masters, lr=1e-4, betas=(0.9, 0.95), weight_decay=0.01, fused=True)
        inputs = self.inputs(dtype)

        def work():
            with contextlib.redirect_stdout(io.StringIO()):
                sample = model(**inputs)[0]
            sample.float().square().mean().backward()
            for master, parameter in zip(masters, model.parameters()):
                if master is not parameter:
                    master.grad = None if parameter.grad is None else parameter.grad.float()
            torch.nn.utils.clip_grad_norm_(masters, 1.0)
            optimizer.step()
            with torch.no_grad():
                for master, parameter in zip(masters, model.parameters()):
                    if master is not parameter:
                        parameter.copy_(master)
                    parameter.grad = None

        self.measure("training step", dtype, work)

    def vae(self, dtype):
        declare_vision_operators(self.torch)
        from diffusers import AutoencoderKLCogVideoX

        with self.torch.device("meta"):
            model = AutoencoderKLCogVideoX.from_config(self.config("vae"))
        wanted = self.dtype(dtype)
        model.load_state_dict({name: value.to(self.device, wanted) for name, value in self.state("vae").items()},
                              assign=True, strict=True)
        self.off_meta(model)
        if self.args.vae_tiling == "on":
            model.enable_tiling()
        return model.eval()

    def video_name(self):
        frames = (self.frames - 1) // 8 * 8 + 1
        return frames, f"{frames} {'frame' if frames == 1 else 'frames'} of {self.width}x{self.height}"

    def decode(self, dtype):
        model = self.vae(dtype)
        frames, name = self.video_name()
        latents = self.random(dtype, 1, model.config.latent_channels, (frames - 1) // 4 + 1, self.height // 8,
                              self.width // 8)

        def work():
            with self.torch.no_grad():
                model.decode(latents, return_dict=False)

        self.measure("decode " + name, dtype, work)

    def encode(self, dtype):
        model = self.vae(dtype)
        frames, name = self.video_name()
        video = self.random(dtype, 1, 3, frames, self.height, self.width)

        def work():
            with self.torch.no_grad():
                model.encode(video, return_dict=False)

        self.measure("encode " + name, dtype, work)

    def run(self):
        for dtype in self.args.dtype.split(","):
            for case in self.args.cases.split(","):
                getattr(self, case)(dtype)
                gc.collect()
        torch = self.torch
        return {
            "implementation": f"PyTorch {torch.__version__}",
            "machine": f"{torch.get_num_threads()} threads, Python {sys.version.split()[0]}",
            "cases": self.cases,
        }


def declare_vision_operators(torch):
    """A torchvision built for CUDA has no operators beside a torch for the CPU, and cannot even be imported then."""
    import importlib.util

    spec = importlib.util.find_spec("torchvision")
    if spec is None or hasattr(declare_vision_operators, "library"):
        return
    try:
        torch.ops.load_library(os.path.join(os.path.dirname(spec.origin), "_C.so"))
    except OSError:
        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(operator + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        declare_vision_operators.library = library


def ingredients_transformer(torch, config):
    """The official class; the sizes that it writes out in its constructor are taken from the config instead."""
    import models.transformer_ingredients as official

    nn = torch.nn
    kept = official.LocalFacialExtractor, official.PerceiverCrossAttention, official.MultiIPRouter

    def resized(layers, widths):
        """The same kinds of layers with other widths."""
        lines, made, width = iter(widths), [], widths[0][0]
        for layer in layers:
            if isinstance(layer, nn.Linear):
                here, width = next(lines)
                made.append(nn.Linear(here, width))
            elif isinstance(layer, nn.LayerNorm):
                made.append(nn.LayerNorm(width, eps=layer.eps))
            else:
                made.append(type(layer)())
        return nn.Sequential(*made)

    def extractor():
        vit, tokens = config["LFE_vit_dim"], config["LFE_num_id_token"]
        module = kept[0](dim=vit, depth=config["LFE_depth"], dim_head=config["LFE_dim_head"],
                         heads=config["LFE_num_heads"], num_id_token=tokens, num_queries=config["LFE_num_querie"],
                         output_dim=config["LFE_output_dim"], ff_mult=config["LFE_ff_mult"])
        for scale in range(5):
            name = f"mapping_{scale}"
            setattr(module, name, resized(getattr(module, name), [(vit, vit)] * 3))
        module.id_embedding_mapping = resized(
            module.id_embedding_mapping, [(config["LFE_id_dim"], vit), (vit, vit), (vit, vit * tokens)])
        return module

    def attention(*, dim, dim_head, heads, kv_dim):
        return kept[1](dim=dim, dim_head=config["cross_attn_dim_head"], heads=config["cross_attn_num_heads"],
                       kv_dim=kv_dim)

    def router():
        width = config["num_attention_heads"] * config["attention_head_dim"]
        module = kept[2](dim=width, id_dim=config["LFE_output_dim"], id_length=config["LFE_num_querie"])
        module.to_q = nn.Linear(width, config["router_dim"], bias=False)
        module.to_kv = nn.Linear(config["LFE_output_dim"], config["router_dim"], bias=False)
        return module

    own = {"LFE_output_dim"}
    sizes = {key for key in config if key.startswith("LFE_")} - own
    sizes |= {"cross_attn_dim_head", "cross_attn_num_heads", "router_dim"}
    official.LocalFacialExtractor, official.PerceiverCrossAttention, official.MultiIPRouter = extractor, attention, router
    try:
        return official.IngredientsTransformer3DModel(
            **{key: value for key, value in config.items() if not key.startswith("_") and key not in sizes})
    finally:
        official.LocalFacialExtractor, official.PerceiverCrossAttention, official.MultiIPRouter = kept


def beside(args):
    """Both programs in turn; the ratios."""
    common = ["--weights", args.weights, "--size", args.size, "--dtype", args.dtype, "--cases", args.cases,
              "--warm-up", str(args.warm_up), "--repeat", str(args.repeat), "--device", args.device,
              "--vae-tiling", args.vae_tiling]
    for name in ("threads", "frames", "height", "width"):
        if getattr(args, name):
            common += ["--" + name, str(getattr(args, name))]
    sides = {"ours": shlex.split(args.beside), "python": [sys.executable, os.path.abspath(__file__)]}
    found = {side: {} for side in sides}
    with tempfile.TemporaryDirectory() as folder:
        for round_ in range(args.rounds):
            for side, command in sides.items():
                file = os.path.join(folder, f"{side}{round_}.json")
                subprocess.run(command + common + ["--json", file], check=True, stdout=subprocess.DEVNULL)
                for case in json.load(open(file))["cases"]:
                    if "median_s" in case:
                        found[side].setdefault((case["case"], case["dtype"]), []).append(case)
    rows = []
    print(f"{'case':<52} {'type':<5} {'ours':>10} {'python':>10} {'ratio':>6} {'ours GB':>8} {'python GB':>9} {'ratio':>6}")
    for key, ours in found["ours"].items():
        theirs = found["python"].get(key)
        if not theirs:
            continue
        row = {"case": key[0], "dtype": key[1]}
        for side, cases in (("ours", ours), ("python", theirs)):
            row[side + "_s"] = statistics.median(case["median_s"] for case in cases)
            row[side + "_bytes"] = statistics.median(
                case["peak_device_bytes"] or case["peak_resident_bytes"] for case in cases)
        row["ratio"] = row["ours_s"] / row["python_s"]
        row["memory_ratio"] = row["ours_bytes"] / row["python_bytes"]
        rows.append(row)
        print(f"{key[0]:<52} {key[1]:<5} {row['ours_s']:>8.4f} s {row['python_s']:>8.4f} s {row['ratio']:>6.2f} "
              f"{row['ours_bytes'] / 1e9:>8.2f} {row['python_bytes'] / 1e9:>9.2f} {row['memory_ratio']:>6.2f}")
    return {"rows": rows, "rounds": args.rounds}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", required=True, help="folder of `ingredients bench make-weights`")
    parser.add_argument("--size", choices=SIZES, default="tiny")
    parser.add_argument("--cases", default=",".join(CASES))
    parser.add_argument("--dtype", default="fp32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--frames", type=int)
    parser.add_argument("--height", type=int)
    parser.add_argument("--width", type=int)
    parser.add_argument("--vae-tiling", choices=["on", "off"], default="off")
    parser.add_argument("--warm-up", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", help="write the measurements here")
    parser.add_argument("--beside", metavar="COMMAND", help="run this in turn, and print ratios")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    result = beside(args) if args.beside else Bench(args).run()
    if args.json:
        with open(args.json, "w") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
