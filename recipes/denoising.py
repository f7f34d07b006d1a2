"""What both diffusion models learn: v-prediction on a cosine schedule, steps of all noise levels weighed alike.

v-prediction is of Salimans and Ho (2022), the schedule of Nichol and Dhariwal (2021), the weights are the min-SNR ones
of Hang et al. (2023).
"""

from collections.abc import Callable

import torch
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from torch import Tensor

from recipes.training import mixed

SCHEDULE = {"num_train_timesteps": 1000, "beta_schedule": "squaredcos_cap_v2", "prediction_type": "v_prediction"}
MIN_SNR = 5.0


def loss_of(predicted: Callable[[Tensor, Tensor], Tensor], schedule: DDPMScheduler, latents: Tensor) -> Tensor:
    """Weighted squared error of the velocity.

    Args:
        predicted: from noisy latents ``(B, C, h, w)`` and their steps ``(B,)`` the network's velocity.
    """
    noise = torch.randn_like(latents)
    when = torch.randint(0, schedule.config.num_train_timesteps, (len(latents),))  # pyright: ignore
    noisy = schedule.add_noise(latents, noise, when)  # pyright: ignore[reportArgumentType]
    wanted = schedule.get_velocity(latents, noise, when)  # pyright: ignore[reportArgumentType]
    with mixed():
        found = predicted(noisy, when)
    signal = schedule.alphas_cumprod[when]
    snr = signal / (1 - signal)
    weight = snr.clamp(max=MIN_SNR) / (snr + 1)
    return (weight * (found.float() - wanted).square().mean((1, 2, 3))).mean()
