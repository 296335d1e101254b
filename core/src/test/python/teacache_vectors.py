"""Reference vectors of TeaCache on the tiny CogVideoX transformer of the fixtures, which diffusers computes.

    PYTHONPATH=<diffusers>/src python teacache_vectors.py src/test/resources/fixtures

The rule is the one of the TeaCache authors' code for CogVideoX and ConsisID, written anew around diffusers' blocks: how far the
timestep embedding has moved since the step before, in the mean of absolute values, through a polynomial, summed until the sum
reaches the threshold; the first and the last step are computed. diffusers itself has no such hook in a release yet.

Writes teacache.safetensors: noise and text embeddings, the relative change of every step, and for each setting `name/` which steps
computed the blocks and the latents after every step; besides what numpy.polyfit makes of changes and of how far the plain run's
predictions have moved.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from diffusers import CogVideoXDDIMScheduler, CogVideoXTransformer3DModel
from diffusers.models.embeddings import get_3d_rotary_pos_embed
from safetensors.torch import save_file

torch.set_num_threads(1)
torch.set_grad_enabled(False)
STEPS, GUIDANCE = 10, 3.0
POLYNOMIAL = [-3.0, 2.0, -0.5, 1.2, 0.01]
fixtures = Path(sys.argv[1])


def moved(now, before):
    return ((now - before).abs().mean() / before.abs().mean()).item()


class Skipping(torch.nn.Module):
    """All blocks as one: computed, or what they added the last time."""

    def __init__(self, blocks, skips):
        super().__init__()
        self.blocks, self.skips, self.step, self.computed = blocks, skips, 0, []
        self.added, self.embedding, self.changes = None, None, []

    def forward(self, hidden_states, encoder_hidden_states, temb, *rest, **more):
        self.changes.append(0.0 if self.embedding is None else moved(temb, self.embedding))
        self.embedding = temb
        step, self.step = self.step, self.step + 1
        if self.skips(step, self.changes[-1]):
            return hidden_states + self.added[0], encoder_hidden_states + self.added[1]
        self.computed.append(step)
        video, text = hidden_states, encoder_hidden_states
        for block in self.blocks:
            video, text = block(video, text, temb, *rest, **more)
        self.added = video - hidden_states, text - encoder_hidden_states
        return video, text


class Rule:
    def __init__(self, threshold):
        self.threshold, self.sum = threshold, 0.0

    def __call__(self, step, change):
        if 0 < step < STEPS - 1:
            self.sum += np.poly1d(POLYNOMIAL)(change)
            if self.sum < self.threshold:
                return True
        self.sum = 0.0
        return False


def run(rule, noise, text):
    model = CogVideoXTransformer3DModel.from_pretrained(fixtures / "cogvideox_tiny_5b" / "transformer").eval()
    skipping = Skipping(model.transformer_blocks, rule)
    model.transformer_blocks = torch.nn.ModuleList([skipping])
    steps = CogVideoXDDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", snr_shift_scale=1.0,
                                   prediction_type="v_prediction", timestep_spacing="trailing",
                                   rescale_betas_zero_snr=True, set_alpha_to_one=True)
    steps.set_timesteps(STEPS)
    grid = (model.config["sample_height"] // 2, model.config["sample_width"] // 2)
    rotary = get_3d_rotary_pos_embed(model.config["attention_head_dim"], ((0, 0), grid), grid, noise.shape[1])
    latents, trail, predictions = noise, [], []
    for t in steps.timesteps:
        made = model(hidden_states=torch.cat([latents] * 2), encoder_hidden_states=text, timestep=t.expand(2),
                     image_rotary_emb=rotary, return_dict=False)[0].float()
        predictions.append(made)
        without, prompted = made.chunk(2)
        latents = steps.step(without + GUIDANCE * (prompted - without), t, latents, return_dict=False)[0]
        trail.append(latents.clone())
    return trail, skipping, predictions


torch.manual_seed(20261202)
config = CogVideoXTransformer3DModel.load_config(fixtures / "cogvideox_tiny_5b" / "transformer")
noise = torch.randn(1, 3, config["in_channels"], config["sample_height"], config["sample_width"])
text = torch.randn(2, 16, config["text_embed_dim"])
trail, plain, predictions = run(lambda step, change: False, noise, text)
changes = plain.changes
outputs = [moved(now, before) for before, now in zip(predictions, predictions[1:])]
fit = np.polyfit(changes[1:], outputs, 4)
print("changes", changes, "\noutputs", outputs, "\nfit", fit)
double = lambda values: torch.tensor(np.asarray(values), dtype=torch.float64)
tensors = {"in_noise": noise, "in_text": text, "in_polynomial": double(POLYNOMIAL), "out_changes": double(changes),
           "out_moved": double(outputs), "out_fit": double(np.polyval(fit, changes[1:])),
           **{f"plain/out_latents_{i}": latents for i, latents in enumerate(trail)}}
each = np.poly1d(POLYNOMIAL)(np.mean(changes[1:]))
for name, factor in (("few", 1.6), ("many", 3.3)):
    trail, skipping, _ = run(Rule(factor * each), noise, text)
    print(name, factor * each, skipping.computed)
    assert 2 < len(skipping.computed) < STEPS
    tensors[f"{name}/in_threshold"] = double([factor * each])
    tensors[f"{name}/out_computed"] = torch.tensor(skipping.computed)
    tensors.update({f"{name}/out_latents_{i}": latents for i, latents in enumerate(trail)})
save_file({key: value.contiguous() for key, value in tensors.items()}, fixtures / "teacache.safetensors")
