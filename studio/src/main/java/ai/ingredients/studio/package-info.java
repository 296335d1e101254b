/**
 * The studio: photos and a prompt come in over HTTP, wait their turn, and become videos, whatever happens to the process
 * meanwhile. {@link ai.ingredients.studio.Studio} puts the rooms together: {@code api} speaks HTTP and lets in what
 * {@code guard} lets pass, {@code jobs} queues and makes videos with {@code models} that stay warm, {@code people} keeps
 * photos and finds faces in them, {@code store} holds all that must outlive the process.
 */
@NullMarked
package ai.ingredients.studio;

import org.jspecify.annotations.NullMarked;
