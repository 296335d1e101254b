/**
 * Models on their shelf: which there are, which are loaded, and who may use which device now. Neighbours: {@code jobs} makes
 * videos with a {@link ai.ingredients.studio.models.ModelShelf.Lease}, {@code people} finds faces with a model's detector.
 */
@NullMarked
package ai.ingredients.studio.models;

import org.jspecify.annotations.NullMarked;
