/**
 * HTTP: {@link ai.ingredients.studio.api.Server} holds the routes, which {@code openapi.yaml} describes and a test compares;
 * readers turn JSON and forms into what {@code jobs} and {@code people} take, writers turn rows into JSON. Whatever comes from a client
 * is looked at here first, with the help of {@code guard}.
 */
@NullMarked
package ai.ingredients.studio.api;

import org.jspecify.annotations.NullMarked;
