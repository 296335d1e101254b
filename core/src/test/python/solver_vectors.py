"""Reference vectors of DPM-Solver++ and UniPC, stepped by diffusers' own classes on CogVideoX's schedules.

    PYTHONPATH=<diffusers>/src python solver_vectors.py src/test/resources/fixtures

Writes solvers.safetensors: for each case `name/` the timesteps, the first sample, a model output per step and the sample after
each step. Where the schedule is shifted (CogVideoX-2B) the class gets the cumulative alphas of CogVideoXDDIMScheduler, because
it knows no snr_shift_scale; otherwise it is used as it is.
"""

import sys

import torch
from diffusers import CogVideoXDDIMScheduler, DPMSolverMultistepScheduler, UniPCMultistepScheduler
from safetensors.torch import save_file

torch.set_num_threads(1)

COGVIDEOX = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
                 prediction_type="v_prediction", timestep_spacing="trailing", rescale_betas_zero_snr=True)
CLASSES = {"dpmpp": DPMSolverMultistepScheduler, "unipc": UniPCMultistepScheduler}


def made(kind, shift=1.0, **changes):
    config = COGVIDEOX | changes
    scheduler = CLASSES[kind](**config)
    if shift != 1.0:
        official = CogVideoXDDIMScheduler(**config, snr_shift_scale=shift)
        alphas = official.alphas_cumprod.clone().to(torch.float32)
        alphas[-1] = 2**-24
        scheduler.alphas_cumprod = alphas
    return scheduler


def run(tensors, name, scheduler, steps, dtype=torch.float32):
    torch.manual_seed(20261130 + steps)
    scheduler.set_timesteps(steps)
    sample = torch.randn(1, 2, 4, 6, 5).to(dtype)
    tensors[f"{name}/in_sample"] = sample
    tensors[f"{name}/out_timesteps"] = scheduler.timesteps.clone()
    for i, t in enumerate(scheduler.timesteps):
        output = torch.randn(sample.shape)
        tensors[f"{name}/in_model_output_{i}"] = output
        sample = scheduler.step(output, t, sample, return_dict=False)[0].to(dtype)
        tensors[f"{name}/out_sample_{i}"] = sample.clone()


tensors = {}
for kind in CLASSES:
    for steps in (1, 2, 3, 10, 20, 7):
        run(tensors, f"{kind}_{steps}", made(kind), steps)
    run(tensors, f"{kind}_shift3_8", made(kind, shift=3.0), 8)
    run(tensors, f"{kind}_linspace_6", made(kind, timestep_spacing="linspace"), 6)
    run(tensors, f"{kind}_leading_6", made(kind, timestep_spacing="leading", steps_offset=1), 6)
    run(tensors, f"{kind}_epsilon_6", made(kind, prediction_type="epsilon", rescale_betas_zero_snr=False), 6)
    run(tensors, f"{kind}_sample_6", made(kind, prediction_type="sample"), 6)
run(tensors, "dpmpp_bf16_6", made("dpmpp"), 6, torch.bfloat16)
save_file({key: value.contiguous() for key, value in tensors.items()}, sys.argv[1] + "/solvers.safetensors")
print(len(tensors), "tensors")
