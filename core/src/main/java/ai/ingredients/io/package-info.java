/**
 * Files and folders that are there whole or not at all ({@link ai.ingredients.io.AtomicFile},
 * {@link ai.ingredients.io.AtomicFolder}), folders made for them that go with
 * them ({@link ai.ingredients.io.MadeFolder}), paths made of text that somebody else wrote
 * ({@link ai.ingredients.io.ForeignPath}), names that are nearly right ({@link ai.ingredients.io.Spelling}), and JSON with
 * errors that name the file ({@link ai.ingredients.io.JsonFile}). Neighbours: none below; every package may use it.
 */
@NullMarked
package ai.ingredients.io;

import org.jspecify.annotations.NullMarked;
