/**
 * Configs: YAML files and overrides become records, and records YAML, with a message of one line for every mistake.
 *
 * <p>Knows no config in particular; uses only {@code io}.
 */
@NullMarked
package ai.ingredients.training.config;

import org.jspecify.annotations.NullMarked;
