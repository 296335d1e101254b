/**
 * What must outlive the process: rows in a database and files beside it. Neighbours: {@code jobs} and {@code people} keep
 * their things here; nothing here knows HTTP or a model.
 */
@NullMarked
package ai.ingredients.studio.store;

import org.jspecify.annotations.NullMarked;
