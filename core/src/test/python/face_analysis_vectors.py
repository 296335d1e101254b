"""Reference vectors of insightface's face analysis: SCRFD, alignment and ArcFace of its Python package.

    PYTHONPATH=<deepinsight/insightface>/python-package python face_analysis_vectors.py src/test/resources/fixtures

Writes scrfd_tiny.onnx and scrfd_fixed.onnx, networks of the signature of SCRFD's that answer at random, and
face_analysis.safetensors. The second network has a size of its own and a batch dimension. Embeddings are those of
arcface_tiny.onnx, which is there already. Use OpenCV 4.14, the engine's.
"""

import os
import shutil
import sys
import tempfile
import warnings

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file

warnings.filterwarnings("ignore")

from insightface.app import FaceAnalysis  # noqa: E402
from insightface.model_zoo.scrfd import SCRFD  # noqa: E402
from insightface.utils import face_align  # noqa: E402

STRIDES, ANCHORS = (8, 16, 32), 2


def detector(path, seed, size, batched):
    """The mean colour of each cell and of what surrounds it, linearly mapped to scores, boxes and landmarks."""
    generator = np.random.default_rng(seed)
    nodes, weights, outputs = [], [], {}

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(name, values):
        weights.append(numpy_helper.from_array(values, name))
        return name

    around = constant("around", np.array([0, 0, 1, 1] * 2, np.int64))
    for stride in STRIDES:
        mean = node("AveragePool", ["input"], "mean%d" % stride, kernel_shape=[stride] * 2, strides=[stride] * 2)
        mean = node("Pad", [mean, around], "around%d" % stride, mode="edge")
        for kind, values in (("score", 1), ("bbox", 4), ("kps", 10)):
            name = "%s_%d" % (kind, stride)
            count = ANCHORS * values
            gain = {"score": 9.0, "bbox": 1.5, "kps": 1.5}[kind]
            bias = {"score": -5.0 + np.log2(stride) / 2, "bbox": 1.2, "kps": 0.0}[kind]
            kernel = gain * generator.normal(0, 1, (count, 3, 3, 3)) / 27 ** 0.5
            kernel -= kernel.mean((1, 2, 3), keepdims=True)  # plain areas, such as what the photo leaves, are no faces
            constant(name + "_w", kernel.astype(np.float32))
            constant(name + "_b", (bias + 0.3 * generator.normal(0, 1, count)).astype(np.float32))
            map_ = node("Conv", [mean, name + "_w", name + "_b"], name + "_map")
            if kind != "kps":
                map_ = node("Sigmoid" if kind == "score" else "Softplus", [map_], name + "_positive")
            rows = node("Transpose", [map_], name + "_rows", perm=[0, 2, 3, 1])
            shape = constant(name + "_shape", np.array(([1] if batched else []) + [-1, values], np.int64))
            node("Reshape", [rows, shape], name)
            outputs[name] = ([1] if batched else []) + [None, values]
    names = ["%s_%d" % (kind, stride) for kind in ("score", "bbox", "kps") for stride in STRIDES]
    sides = ["height", "width"] if size is None else list(size[::-1])
    graph = helper.make_graph(
        nodes, "detector", [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3] + sides)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, outputs[name]) for name in names], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def picture(height, width, seed):
    """Coarse random blocks and noise, R, G, B."""
    generator = np.random.default_rng(seed)
    blocks = generator.integers(0, 256, (height // 12 + 1, width // 12 + 1, 3))
    image = blocks.repeat(12, 0).repeat(12, 1)[:height, :width] + generator.normal(0, 12, (height, width, 3))
    return np.clip(image, 0, 255).astype(np.uint8)


def main(folder):
    tiny, fixed = os.path.join(folder, "scrfd_tiny.onnx"), os.path.join(folder, "scrfd_fixed.onnx")
    detector(tiny, 1, None, False)
    detector(fixed, 2, (128, 96), True)
    vectors = {}
    for name, (height, width) in {"wide": (70, 150), "tall": (151, 83)}.items():
        image = picture(height, width, height)
        vectors["in_" + name] = image
        for network, path, size in (("tiny", tiny, (96, 96)), ("oblong", tiny, (160, 96)), ("fixed", fixed, (64, 64))):
            scrfd = SCRFD(path)
            scrfd.prepare(-1, input_size=size, det_thresh=0.5)
            faces, points = scrfd.detect(image[..., ::-1].copy())
            before = scrfd._detect_candidates(image[..., ::-1].copy(), scrfd.input_size)[0]
            print(name, network, "faces", len(faces), "of", len(before), "gap of scores", -np.diff(before[:, 4]).max())
            vectors["out_%s_%s_faces" % (name, network)] = faces
            vectors["out_%s_%s_points" % (name, network)] = points

    with tempfile.TemporaryDirectory() as root:
        pack = os.path.join(root, "models", "buffalo_l")
        os.makedirs(pack)
        shutil.copy(tiny, os.path.join(pack, "det_10g.onnx"))
        shutil.copy(os.path.join(folder, "arcface_tiny.onnx"), os.path.join(pack, "w600k_r50.onnx"))
        analysis = FaceAnalysis(root=root, providers=["CPUExecutionProvider"])
        analysis.prepare(ctx_id=-1, det_size=(96, 96))
        faces = analysis.get(vectors["in_wide"][..., ::-1].copy())
    vectors["out_analysed_boxes"] = np.stack([face.bbox for face in faces])
    vectors["out_analysed_scores"] = np.stack([face.det_score for face in faces])
    vectors["out_analysed_embeddings"] = np.stack([face.embedding for face in faces])

    generator = np.random.default_rng(3)
    upright = face_align.arcface_dst
    lying = upright @ np.array([[0.2, 1.1], [-1.1, 0.2]]) + [150, 20]
    landmarks = np.stack([upright * 0.9 + generator.normal(0, 3, (5, 2)) + [10, -8],
                          lying + generator.normal(0, 4, (5, 2)),
                          upright[:, ::-1] * 0.5 + [30, 10]]).astype(np.float32)  # the last is mirrored
    vectors["in_landmarks"] = landmarks
    for side in (112, 224, 256):
        vectors["out_matrix_%d" % side] = np.stack([face_align.estimate_norm(points, side) for points in landmarks])
    photo = vectors["in_tall"]
    vectors["out_crop_112"] = np.stack([face_align.norm_crop(photo, points, 112) for points in landmarks])
    vectors["out_crop_224"] = face_align.norm_crop(photo, landmarks[0], 224)
    save_file({key: torch.from_numpy(np.ascontiguousarray(value)) for key, value in vectors.items()},
              os.path.join(folder, "face_analysis.safetensors"))


if __name__ == "__main__":
    main(sys.argv[1])
