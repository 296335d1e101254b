"""Reference vectors of the evaluation's CurricularFace network, run by the official code.

    PYTHONPATH=<feizc/Ingredients>/metric python curricular_vectors.py src/test/resources/fixtures

The official class knows full sizes only: its first layer, body and last layer are replaced by narrow ones made of its own
blocks. Writes curricular_face.bin (weights, as torch.save writes them), curricular_face.safetensors (vectors) and
curricular_face_keys.txt, the names and shapes of the real IR-101.
"""

import os
import sys

import cv2
import numpy as np
import torch
from curricularface import get_model
from curricularface.common import Flatten
from curricularface.model_irse import BasicBlockIR
from safetensors.torch import save_file
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(20260102)

WIDTHS, LAYERS, FEATURES = (6, 8, 10, 12), (2, 1, 2, 1), 24


def narrow(model):
    first, last = WIDTHS[0], WIDTHS[-1]
    model.input_layer = nn.Sequential(nn.Conv2d(3, first, 3, 1, 1, bias=False), nn.BatchNorm2d(first), nn.PReLU(first))
    blocks, width = [], first
    for out, count in zip(WIDTHS, LAYERS):
        for i in range(count):
            blocks.append(BasicBlockIR(width, out, 2 if i == 0 else 1))
            width = out
    model.body = nn.Sequential(*blocks)
    model.output_layer = nn.Sequential(nn.BatchNorm2d(last), nn.Dropout(0.4), Flatten(), nn.Linear(last * 49, FEATURES),
                                       nn.BatchNorm1d(FEATURES, affine=False))
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.BatchNorm1d)):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.4, 1.5)
            if module.affine:
                nn.init.normal_(module.weight, 1, 0.2)
                nn.init.normal_(module.bias, 0, 0.2)
        if isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight, -0.2, 0.5)
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, 0, 1.2 / module.weight[0].numel() ** 0.5)
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, 0, 1 / module.in_features ** 0.5)
            nn.init.normal_(module.bias, 0, 0.2)
    return model.eval()


@torch.no_grad()
def inference(model, face):
    """What ConsisID's get_facesim_fid.py does with an aligned face."""
    small = torch.from_numpy(np.transpose(cv2.resize(face, (112, 112)), (2, 0, 1))).unsqueeze(0).float()
    raw = model(small.div_(255).sub_(0.5).div_(0.5)).numpy()[0]
    return raw, raw / np.linalg.norm(raw)


def main(folder):
    model = narrow(get_model("IR_18")([112, 112]))
    torch.save(model.state_dict(), os.path.join(folder, "curricular_face.bin"))
    generator = np.random.default_rng(5)
    vectors = {"in_faces": np.stack([generator.integers(0, 256, (56, 56, 3), np.uint8).repeat(4, 0).repeat(4, 1)
                                     for _ in range(3)])}
    pairs = [inference(model, face) for face in vectors["in_faces"]]
    vectors["in_faces"] = vectors["in_faces"][:, ::4, ::4].copy()  # each pixel stands for 4 x 4
    vectors["out_raw"] = np.stack([pair[0] for pair in pairs])
    vectors["out_embedding"] = np.stack([pair[1] for pair in pairs])
    print(vectors["out_raw"].std(0).mean(), vectors["out_raw"].std())
    save_file({key: torch.from_numpy(value) for key, value in vectors.items()},
              os.path.join(folder, "curricular_face.safetensors"))
    with open(os.path.join(folder, "curricular_face_keys.txt"), "w") as file:
        for name, tensor in get_model("IR_101")([112, 112]).state_dict().items():
            file.write("%s %s\n" % (name, list(tensor.shape)))


if __name__ == "__main__":
    main(sys.argv[1])
