/**
 * From an accepted request to a video, once and only once: {@link ai.ingredients.studio.jobs.Acceptance} queues,
 * {@link ai.ingredients.studio.jobs.FairOrder} says whose turn it is, {@link ai.ingredients.studio.jobs.VideoRunner} makes,
 * {@link ai.ingredients.studio.jobs.Scheduling} keeps db-scheduler, which survives the process. Neighbours: {@code store} below,
 * {@code models} and {@code people} beside; {@code api} calls.
 */
@NullMarked
package ai.ingredients.studio.jobs;

import org.jspecify.annotations.NullMarked;
