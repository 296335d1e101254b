/**
 * The page in a real browser, against a studio in this process with the tiny model. Without Chromium all of it is
 * skipped.
 */
@NullMarked
package ai.ingredients.studio.page;

import org.jspecify.annotations.NullMarked;
