/**
 * From a config file to a stage that can be trained: one record per kind of training, whose components are the keys of
 * its YAML file. The command line and the demo's recipe start here.
 */
@NullMarked
package ai.ingredients.training.stages;

import org.jspecify.annotations.NullMarked;
