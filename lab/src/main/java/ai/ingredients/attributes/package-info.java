/**
 * Training of the network that judges what a video of the drawn world shows, which evaluation needs and no video model
 * sees. Uses evaluation, cast and training's machinery. Issue: prompt attributes drawn right.
 */
@NullMarked
package ai.ingredients.attributes;

import org.jspecify.annotations.NullMarked;
