"""Reference vectors of weights in 8 bits, by the plain formula: per output channel, symmetric, scales by the largest value.

    python int8_vectors.py src/test/resources/fixtures

Writes int8.safetensors: a matrix with channels of very different size, one of zeros and one that rounds halves, an input and a
bias; the numbers, their scales, the matrix they stand for in fp32 and bf16, and the layer's output. libtorch's own product by
8-bit weights, which is another implementation, is held against the output.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

torch.manual_seed(20261201)
OUT, IN, TOKENS = 24, 40, 5
weight = torch.randn(OUT, IN) * torch.logspace(-6, 3, OUT)[:, None]
weight[3] = 0
weight[7] = torch.arange(IN) - 20 + 0.5  # scale 1 below: all halves
weight[7, 0] = 127
x, bias = torch.randn(TOKENS, IN), torch.randn(OUT)

scale = weight.abs().amax(1, keepdim=True) / 127
scale[scale == 0] = 1
values = torch.round(weight / scale)
assert values.abs().max() == 127 and scale[7] == 1
int8 = values.to(torch.int8)
whole = int8 * scale
out = x @ whole.T + bias
other = torch._weight_int8pack_mm(x, int8, scale[:, 0]) + bias
print("libtorch's own", ((other - out).norm() / out.norm()).item())
assert torch.allclose(other, out, rtol=1e-5, atol=1e-5 * out.abs().max().item())
tensors = {"in_weight": weight, "in_x": x, "in_bias": bias, "out_values": int8, "out_scale": scale, "out_whole": whole,
           "out_whole_bf16": whole.to(torch.bfloat16), "out_y": out}
save_file({key: value.contiguous() for key, value in tensors.items()}, Path(sys.argv[1]) / "int8.safetensors")
