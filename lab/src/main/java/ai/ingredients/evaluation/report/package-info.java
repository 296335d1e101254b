/** What is written of an evaluation: a line per case, a summary, tables, a page. Uses statistics. */
@NullMarked
package ai.ingredients.evaluation.report;

import org.jspecify.annotations.NullMarked;
