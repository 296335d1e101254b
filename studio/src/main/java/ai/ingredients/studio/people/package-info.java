/**
 * Who may appear: the library of people with their photos, faces found in photos, and advice about photos that are poor.
 * Neighbours: {@code store} keeps rows and photos, {@code models} has the detector; {@code jobs} and {@code api} ask.
 */
@NullMarked
package ai.ingredients.studio.people;

import org.jspecify.annotations.NullMarked;
