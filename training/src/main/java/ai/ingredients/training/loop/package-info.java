/**
 * The training loop, whatever it trains: {@link ai.ingredients.training.loop.Stage} says what is learned from what,
 * {@link ai.ingredients.training.loop.Trainer} takes the steps, and {@link ai.ingredients.training.loop.TrainingRun} does
 * so in a run's folder, with checkpoints, metrics and validations. Also what the configs of all stages share
 * ({@link ai.ingredients.training.loop.StageConfig}, {@link ai.ingredients.training.loop.DataConfig}) and the bundle that
 * their models make together.
 *
 * <p>Knows no stage. Uses {@code training.config}. Paper section 3.4.
 */
@NullMarked
package ai.ingredients.training.loop;

import org.jspecify.annotations.NullMarked;
