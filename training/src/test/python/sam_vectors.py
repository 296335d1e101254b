"""Reference vectors of Segment Anything: a small network with random weights, run by the official code.

    PYTHONPATH=<facebookresearch/segment-anything> python sam_vectors.py src/test/resources/fixtures

Writes sam_weights.safetensors, sam_encoder.safetensors, sam_prompts.safetensors, sam_predictor.safetensors and
sam_labels.safetensors, and sam_vit_b_keys.txt, the names and shapes of the published vit_b.
"""

import os
import sys
from functools import partial

import numpy as np
import torch
from safetensors.torch import save_file
from segment_anything import SamPredictor, sam_model_registry
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer
from segment_anything.utils.transforms import ResizeLongestSide
from torch.nn import functional as F

torch.set_num_threads(1)
torch.manual_seed(20260101)

SIDE, PATCH, WIDTH = 128, 16, 32
GRID = SIDE // PATCH
TALL = (128, 84), (61, 40)  # height and width in the input and of the picture


def network():
    """Windows of 3 do not divide the grid of 8, so that the last ones are filled up."""
    sam = Sam(
        image_encoder=ImageEncoderViT(
            img_size=SIDE, patch_size=PATCH, embed_dim=40, depth=3, num_heads=5, mlp_ratio=1.5, out_chans=WIDTH,
            norm_layer=partial(torch.nn.LayerNorm, eps=1e-6), qkv_bias=True, use_rel_pos=True, window_size=3,
            global_attn_indexes=(1,)),
        prompt_encoder=PromptEncoder(
            embed_dim=WIDTH, image_embedding_size=(GRID, GRID), input_image_size=(SIDE, SIDE), mask_in_chans=8),
        mask_decoder=MaskDecoder(
            num_multimask_outputs=3, transformer_dim=WIDTH, iou_head_depth=3, iou_head_hidden_dim=24,
            transformer=TwoWayTransformer(depth=2, embedding_dim=WIDTH, mlp_dim=48, num_heads=4)))
    for name, parameter in sam.named_parameters():
        with torch.no_grad():
            if parameter.dim() == 1:
                scale = name.endswith("weight")
                parameter.copy_((1.0 if scale else 0.0) + 0.2 * torch.randn_like(parameter))
            elif "rel_pos" in name or "embed" in name and parameter.dim() != 4 or "token" in name.split(".")[1]:
                parameter.copy_(0.7 * torch.randn_like(parameter))
            else:
                fan_in = parameter[0].numel()
                parameter.copy_(1.4 * torch.randn_like(parameter) / fan_in ** 0.5)
    return sam.eval()


def picture(height, width, seed):
    """Waves and noise."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / (3 + 2 * c) + c) * np.cos(y / (4 + c)) for c in range(3)]
    return np.clip(128 + 70 * np.stack(waves, -1) + generator.normal(0, 25, (height, width, 3)), 0, 255).astype(np.uint8)


def under(size, inside):
    """Which of `inside` samples lies under the centre of each of `size`; torch's nearest-exact rounds where that is whole."""
    return [(2 * i + 1) * inside // (2 * size) for i in range(size)]


def save(folder, name, tensors):
    save_file({key: torch.as_tensor(value).contiguous() for key, value in tensors.items()},
              os.path.join(folder, name + ".safetensors"))


@torch.no_grad()
def main(folder):
    sam = network()
    save(folder, "sam_weights", sam.state_dict())
    predictor = SamPredictor(sam)

    encoder = {}
    for name, (height, width) in {"wide": (75, 100), "tall": (61, 40), "large": (200, 301)}.items():
        image = picture(height, width, len(name))
        predictor.set_image(image)
        encoder["in_" + name] = image
        encoder["out_" + name + "_resized"] = ResizeLongestSide(SIDE).apply_image(image)
        encoder["out_" + name + "_embedding"] = predictor.features
    save(folder, "sam_encoder", encoder)

    points = torch.rand(2, 3, 2) * SIDE
    labels = torch.tensor([[1, 0, 1], [0, 1, -1]])
    boxes = torch.rand(2, 4) * SIDE
    masks = 4 * torch.randn(2, 1, 4 * GRID, 4 * GRID)
    prompts = {"in_points": points, "in_labels": labels.float(), "in_boxes": boxes, "in_masks": masks,
               "out_grid": sam.prompt_encoder.get_dense_pe()}
    embedding = torch.randn(1, WIDTH, GRID, GRID)
    prompts["in_embedding"] = embedding
    cases = {"points": ((points, labels), None, None), "boxes": (None, boxes, None),
             "both": ((points, labels), boxes, None), "masks": (None, None, masks),
             "all": ((points, labels), boxes, masks)}
    for name, case in cases.items():
        sparse, dense = sam.prompt_encoder(*case)
        prompts["out_" + name + "_sparse"] = sparse
        if case[2] is not None or name == "boxes":
            prompts["out_" + name + "_dense"] = dense
        logits, iou = sam.mask_decoder.predict_masks(
            image_embeddings=embedding, image_pe=sam.prompt_encoder.get_dense_pe(), sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense)
        prompts["out_" + name + "_logits"] = logits
        prompts["out_" + name + "_iou"] = iou
    print("logits", prompts["out_all_logits"].std(), "per place", prompts["out_all_logits"].std(dim=(2, 3)).mean())
    save(folder, "sam_prompts", prompts)

    image = picture(75, 100, 7)
    predictor.set_image(image)
    pixels = np.array([[12.5, 8, 60.25, 55], [-6, 20, 31, 80], [70, 3.75, 99, 40]], np.float32)
    placed = predictor.transform.apply_boxes(pixels, image.shape[:2])
    vectors = {"in_picture": image, "in_boxes": pixels, "out_boxes": placed.astype(np.float32)}
    for name, multiple in {"single": False, "multiple": True}.items():
        logits, iou, low = predictor.predict_torch(
            None, None, torch.as_tensor(placed, dtype=torch.float), None, multiple, return_logits=True)
        vectors["out_" + name + "_low"] = low
        vectors["out_" + name + "_iou"] = iou
        vectors["out_" + name + "_masks"] = logits > sam.mask_threshold
        if not multiple:
            vectors["out_" + name + "_logits"] = logits
    vectors["out_tall_logits"] = sam.postprocess_masks(vectors["out_single_low"], *TALL)
    vectors = {key: torch.as_tensor(value) for key, value in vectors.items()}
    save(folder, "sam_predictor", vectors)
    print("share of masks", vectors["out_multiple_masks"].float().mean(dim=(0, 2, 3)))

    # Logits in the range that the published networks' have.
    low = F.interpolate(6 * torch.randn(2, 3, 9, 9) - 3, (4 * GRID, 4 * GRID), mode="bicubic")
    iou = torch.tensor([[0.2, 0.9, 0.5], [0.7, 0.1, 0.3]])
    best = torch.stack([low[0, 1], low[1, 0]])[:, None]
    labels = {"in_logits": low, "in_iou": iou}
    for name, (inside, size) in {"wide": ((96, 128), (75, 100)), "tall": TALL}.items():
        for threshold in (-10, -5, -2, 0):
            pixels = sam.postprocess_masks(best, inside, size)[:, 0] > threshold
            cells = F.interpolate((best > threshold).float(), (SIDE, SIDE), mode="nearest-exact")[:, 0] > 0.5
            cells = cells[:, under(size[0], inside[0])][:, :, under(size[1], inside[1])]
            labels["out_%s_pixels_%d" % (name, -threshold)] = pixels.to(torch.uint8)
            labels["out_%s_cells_%d" % (name, -threshold)] = cells.to(torch.uint8)
            print(name, threshold, pixels.float().mean(), cells.float().mean())
    save(folder, "sam_labels", labels)

    with open(os.path.join(folder, "sam_vit_b_keys.txt"), "w") as file:
        for name, tensor in sam_model_registry["vit_b"]().state_dict().items():
            file.write("%s %s\n" % (name, list(tensor.shape)))


if __name__ == "__main__":
    main(sys.argv[1])
