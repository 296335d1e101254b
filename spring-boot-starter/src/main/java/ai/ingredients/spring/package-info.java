/**
 * The model as Spring Boot's programs get theirs: a bean by configuration, looked after by the actuator. Knows {@code core} only.
 */
@NullMarked
package ai.ingredients.spring;

import org.jspecify.annotations.NullMarked;
