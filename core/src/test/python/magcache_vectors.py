"""Reference vectors of MagCache, run by diffusers' hook on the tiny CogVideoX transformer of the fixtures.

    PYTHONPATH=<diffusers>/src python magcache_vectors.py src/test/resources/fixtures

Writes magcache.safetensors: noise and text embeddings, the ratios that a calibrating run of DDIM finds, and for each setting
`name/` the threshold, which steps computed the blocks, and the latents after every step.
"""

import contextlib
import io
import sys
from pathlib import Path

import torch
from diffusers import CogVideoXDDIMScheduler, CogVideoXTransformer3DModel
from diffusers.hooks import HookRegistry
from diffusers.hooks.mag_cache import MagCacheConfig, apply_mag_cache
from diffusers.models.embeddings import get_3d_rotary_pos_embed
from safetensors.torch import save_file

torch.set_num_threads(1)
torch.set_grad_enabled(False)
STEPS, GUIDANCE = 10, 3.0
fixtures = Path(sys.argv[1])


def scheduler():
    made = CogVideoXDDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", snr_shift_scale=1.0,
                                  prediction_type="v_prediction", timestep_spacing="trailing",
                                  rescale_betas_zero_snr=True, set_alpha_to_one=True)
    made.set_timesteps(STEPS)
    return made


def run(mag, noise, text):
    """The latents after each step, which steps ran a block, and what a calibrating hook has found."""
    model = CogVideoXTransformer3DModel.from_pretrained(fixtures / "cogvideox_tiny_5b" / "transformer").eval()
    computed, steps = [], scheduler()
    inner = model.transformer_blocks[-1].attn1
    inner.register_forward_hook(lambda *_: computed.append(len(trail)))
    if mag is not None:
        apply_mag_cache(model, mag)
        head = HookRegistry.check_if_exists_or_initialize(model.transformer_blocks[0]).hooks["mag_cache_leader_block_hook"]
    grid = (model.config["sample_height"] // 2, model.config["sample_width"] // 2)
    rotary = get_3d_rotary_pos_embed(model.config["attention_head_dim"], ((0, 0), grid), grid, noise.shape[1])
    latents, trail = noise, []
    for t in steps.timesteps:
        with contextlib.redirect_stdout(io.StringIO()):
            made = model(hidden_states=torch.cat([latents] * 2), encoder_hidden_states=text, timestep=t.expand(2),
                         image_rotary_emb=rotary, return_dict=False)[0].float()
        without, prompted = made.chunk(2)
        latents = steps.step(without + GUIDANCE * (prompted - without), t, latents, return_dict=False)[0]
        trail.append(latents.clone())
    found = head.state_manager.get_state().calibration_ratios if mag is not None and mag.calibrate else []
    return trail, computed, found


torch.manual_seed(20261130)
config = CogVideoXTransformer3DModel.load_config(fixtures / "cogvideox_tiny_5b" / "transformer")
noise = torch.randn(1, 3, config["in_channels"], config["sample_height"], config["sample_width"])
text = torch.randn(2, 16, config["text_embed_dim"])
tensors = {"in_noise": noise, "in_text": text}
# One step more than there are, or the hook forgets what it has found.
_, _, ratios = run(MagCacheConfig(calibrate=True, num_inference_steps=STEPS + 1), noise, text)
_, computed, _ = run(None, noise, text)
assert len(computed) == STEPS
ratios = torch.tensor(ratios, dtype=torch.float64)
print("ratios", ratios)
tensors["out_ratios"] = ratios
given = torch.tensor([1.0, 1.02, 0.97, 0.95, 0.96, 0.98, 0.99, 0.985, 0.9, 0.97], dtype=torch.float64)
tensors["in_ratios"] = given
for name, threshold, most, retention in (("few", 0.06, 1, 0.2), ("many", 0.2, 3, 0.2), ("all", 9.0, 2, 0.0)):
    trail, computed, _ = run(MagCacheConfig(threshold=threshold, max_skip_steps=most, retention_ratio=retention,
                                            num_inference_steps=STEPS, mag_ratios=given.float()), noise, text)
    print(name, computed)
    assert 0 < len(computed) < STEPS
    tensors[f"{name}/out_computed"] = torch.tensor(computed)
    for i, latents in enumerate(trail):
        tensors[f"{name}/out_latents_{i}"] = latents
save_file({key: value.contiguous() for key, value in tensors.items()}, fixtures / "magcache.safetensors")
