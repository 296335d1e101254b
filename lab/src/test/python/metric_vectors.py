"""Vectors of the metric models: CLIP, its tokenizer, Inception-v3, the Frechet distance.

    python metric_vectors.py FIXTURES

FIXTURES is core/src/test/resources/fixtures and already holds clip_score_model, whose vocabulary is used here too.
Made with torch 2.13, transformers 5.18, torchvision 0.28, scipy 1.17, pillow 12.3; one thread, fp32 unless said
otherwise. Writes:

    clip_gelu_model/, metrics_clip_gelu.safetensors   CLIPModel with other sizes, gelu and the old eos_token_id
    clip_tokenizer.json                               texts and their ids by CLIPTokenizer
    clip_vit_base_patch32_keys.txt                    names and shapes of the published model
    inception_v3.safetensors, inception_v3_keys.txt   torchvision's inception_v3 with weights by formula
    frechet.safetensors                               scipy.linalg.sqrtm in fp64
"""

import json
import os
import shutil
import sys
import zlib

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import numpy as np  # noqa: E402
import torch  # noqa: E402

# A CUDA build of torchvision insists on operators that only load beside a CUDA torch; nothing here calls them.
_operators = torch.library.Library("torchvision", "FRAGMENT")
for _name in ("nms", "qnms"):
    try:
        _operators.define(_name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except RuntimeError:
        pass  # a build that fits

import scipy.linalg  # noqa: E402
from PIL import Image  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from torchvision import transforms  # noqa: E402
from torchvision.models.inception import Inception3  # noqa: E402
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer  # noqa: E402
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil  # noqa: E402

torch.set_num_threads(1)
torch.set_grad_enabled(False)

TEXTS = [
    "", " ", "a", "A woman and her friend walk along the beach at sunset, smiling and talking.",
    "it's, isn't, they're, I've, I'm, we'll, she'd, 'S 'LL rock'n'roll o'clock", "DON'T SHOUT",
    "12 men, 3.50 euros, 2024-05-01, 7x7, a1b2", "  tabs\tand\nlines \r\n  and   blanks  ",
    "no-break\u00a0space, thin\u2009space, ideographic\u3000space, zero\u200bwidth, next\u0085line",
    "caf\u00e9 cafe\u0301 na\u00efve \u00c5ngstr\u00f6m \u212b \ufb01ne \u0130stanbul STRASSE stra\u00dfe",
    "\u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3 \u03a3\u03a3", "\u041c\u043e\u0441\u043a\u0432\u0430 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u0928\u092e\u0938\u094d\u0924\u0947",
    "\u4e24\u4e2a\u4eba\u5728\u516c\u56ed\u91cc\u804a\u5929\u3002", "\u6771\u4eac\u30bf\u30ef\u30fc \u3059\u3057 \ud55c\uad6d\uc5b4 \u1112\u1161\u11ab",
    "\U0001f600\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea \u2764\ufe0f two friends",
    "\u00bd \u2160\u2161 \u0663\u0664 \u00b2 \u2466 1\u00bd", "(well...) --- \"quoted\" \u201ccurly\u201d #tag @name $5 50% a/b\\c ~`^",
    "underscore_name __init__ x_1", "<|startoftext|> a man <|endoftext|> a woman", "<|STARTOFTEXT|><|endoftext|>",
    "</w> the</w>", "'''s''t", "\u0000\u0001\u007f control \ufffd \ue000 \U000e0001", "\u00ad soft\u00adhyphen \u202eright",
    "supercalifragilisticexpialidocious" * 3, "the " * 74 + "man", "the " * 75, "the " * 76, "a woman and a man, " * 30,
]


def clip_gelu(folder):
    """Another CLIPModel: gelu, towers of unlike sizes, old keys, and pictures that are cropped or enlarged."""
    text = dict(vocab_size=934, hidden_size=24, intermediate_size=56, num_hidden_layers=3, num_attention_heads=3,
                max_position_embeddings=77, hidden_act="gelu", layer_norm_eps=1e-6, eos_token_id=2, bos_token_id=932,
                pad_token_id=1)
    vision = dict(hidden_size=40, intermediate_size=72, num_hidden_layers=3, num_attention_heads=5, image_size=50,
                  patch_size=16, hidden_act="gelu", layer_norm_eps=1e-4)
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=20)).eval()
    made = torch.Generator().manual_seed(7)
    for name, value in sorted(model.named_parameters()):
        noise = torch.randn(value.shape, generator=made)
        if value.dim() > 1:
            value.copy_(noise * 1.5 / value[0].numel() ** 0.5 if "embedding.weight" not in name else noise * 0.5)
        elif name == "logit_scale":
            value.fill_(3.1)
        else:
            value.copy_(noise * 0.2 + (1 if name.endswith("weight") else 0))
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    state = dict(model.state_dict())
    for tower in ("text", "vision"):  # what older checkpoints hold
        count = state[f"{tower}_model.embeddings.position_embedding.weight"].shape[0]
        state[f"{tower}_model.embeddings.position_ids"] = torch.arange(count)[None]
    save_file({key: value.contiguous().clone() for key, value in state.items()}, f"{folder}/model.safetensors")
    other = {"text_config": {**text, "hidden_size": 1, "hidden_act": "quick_gelu"}, "text_config_dict": text,
             "vision_config": vision, "vision_config_dict": None, "projection_dim": 20, "model_type": "clip"}
    with open(f"{folder}/config.json", "w") as file:
        json.dump(other, file, indent=1)
    read = CLIPConfig.from_pretrained(folder)
    assert (read.text_config.hidden_size, read.text_config.hidden_act) == (24, "gelu")
    preprocessing = {"crop_size": 50, "size": 57, "resample": 2, "do_center_crop": True, "do_normalize": True,
                     "do_resize": True, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.4],
                     "feature_extractor_type": "CLIPFeatureExtractor"}
    with open(f"{folder}/preprocessor_config.json", "w") as file:
        json.dump(preprocessing, file, indent=1)
    return model


def write_clip(root):
    folder = f"{root}/clip_gelu_model"
    model = clip_gelu(folder)
    tokenizer = CLIPTokenizer.from_pretrained(f"{root}/clip_score_model")
    # One file in the place of vocab.json and merges.txt, as transformers 5 saves a tokenizer.
    with open(f"{folder}/tokenizer.json", "w") as file:
        file.write(tokenizer.backend_tokenizer.to_str())
    processor = CLIPImageProcessorPil.from_pretrained(folder)
    random = np.random.default_rng(11)
    out = {}
    pixels = []
    for i, size in enumerate([(90, 61), (33, 47), (57, 57)]):  # rows, columns: taller, enlarged, as it is
        small = random.integers(0, 256, (size[0] // 4 + 1, size[1] // 4 + 1, 3), dtype=np.uint8)
        picture = np.asarray(Image.fromarray(small).resize((size[1], size[0]), Image.BICUBIC))
        out[f"in_picture_{i}"] = torch.from_numpy(picture.copy())
        pixels.append(processor(images=picture, return_tensors="pt")["pixel_values"])
    out["out_pixels"] = torch.cat(pixels)
    ids = tokenizer("Two people dance in the rain, isn't it nice?", return_tensors="pt")["input_ids"]
    out["in_ids"] = ids
    made = model(input_ids=ids, pixel_values=out["out_pixels"])
    out["out_image_embeds"] = made.image_embeds
    out["out_text_embeds"] = made.text_embeds
    out["out_logits_per_image"] = made.logits_per_image
    save_file({key: value.contiguous() for key, value in out.items()}, f"{root}/metrics_clip_gelu.safetensors")

    rows = []
    for text in TEXTS:
        cut = tokenizer(text, truncation=True)["input_ids"]
        whole = tokenizer(text, truncation=False)["input_ids"]
        rows.append({"text": text, "ids": cut, "dropped": len(whole) - len(cut)})
    with open(f"{root}/clip_tokenizer.json", "w") as file:
        file.write("{\"texts\": [\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]}\n")

    with torch.device("meta"):
        published = CLIPModel(CLIPConfig())
    write_keys(f"{root}/clip_vit_base_patch32_keys.txt", published.state_dict())


def write_keys(path, state):
    with open(path, "w") as file:
        for name, value in state.items():
            file.write(f"{name} {list(value.shape)}\n")


def formula(name, shape):
    """Weights that Java makes too: the numbers of splitmix64 that begin where the name's checksum says."""
    count = int(np.prod(shape, dtype=np.int64))
    with np.errstate(over="ignore"):
        z = (np.uint64(zlib.crc32(name.encode())) << np.uint64(32)) + np.arange(count, dtype=np.uint64)
        z = z + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    uniform = (z >> np.uint64(40)).astype(np.float32) / np.float32(1 << 23) - np.float32(1)
    if len(shape) > 1:
        fan_in = count / shape[0]
        return uniform * np.float32(1.25 * 1.7320508 / np.sqrt(fan_in))
    if name.endswith("running_var"):
        return np.float32(1) + uniform * np.float32(0.5)
    return np.float32(1 if name.endswith(".weight") else 0) + uniform * np.float32(0.15)


def write_inception(root):
    # As inception_v3(weights=...) builds it, without the download.
    model = Inception3(transform_input=True, aux_logits=True, init_weights=False, num_classes=1000)
    write_keys(f"{root}/inception_v3_keys.txt", model.state_dict())
    state = {}
    for name, value in model.state_dict().items():
        made = np.ones(()) if value.dtype == torch.int64 else formula(name, tuple(value.shape))
        state[name] = torch.from_numpy(np.asarray(made)).reshape(value.shape).to(value.dtype)
    model.load_state_dict(state)
    model.fc = torch.nn.Identity()
    model.eval()
    random = np.random.default_rng(13)
    out = {}
    paper = []
    imagenet = []
    normalise = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    for i, (height, width) in enumerate([(64, 64), (40, 71)]):
        small = random.integers(0, 256, (9, 9, 3), dtype=np.uint8)
        picture = Image.fromarray(small).resize((width, height), Image.BICUBIC)
        out[f"in_picture_{i}"] = torch.from_numpy(np.asarray(picture).copy())
        unit = transforms.ToTensor()(transforms.Resize((299, 299))(picture))[None]
        paper.append(model(unit))
        imagenet.append(model(normalise(unit)))
    out["out_paper"] = torch.cat(paper)
    out["out_imagenet"] = torch.cat(imagenet)
    save_file(out, f"{root}/inception_v3.safetensors")


def frechet(first, second):
    covariances = [np.cov(rows, rowvar=False) for rows in (first, second)]
    apart = first.mean(0) - second.mean(0)
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1])
    return apart @ apart + np.trace(covariances[0] + covariances[1] - 2 * np.real(root))


def write_frechet(root):
    random = np.random.default_rng(17)
    out = {}
    for i, (count, other, width) in enumerate([(50, 70, 16), (200, 90, 64)]):  # more samples than features
        mix = random.normal(size=(width, width)) / np.sqrt(width)
        first = (random.normal(size=(count, width)) @ mix + random.normal(size=width)).astype(np.float32)
        second = random.normal(size=(other, width)).astype(np.float32)
        out[f"in_real_{i}"] = torch.from_numpy(first)
        out[f"in_generated_{i}"] = torch.from_numpy(second)
        value = frechet(first.astype(np.float64), second.astype(np.float64))
        out[f"out_distance_{i}"] = torch.tensor(value, dtype=torch.float64)
    save_file(out, f"{root}/frechet.safetensors")


if __name__ == "__main__":
    write_clip(sys.argv[1])
    write_inception(sys.argv[1])
    write_frechet(sys.argv[1])
