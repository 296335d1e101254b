/**
 * libtorch on the JVM: loading it, who owns native memory, devices, dtypes, seeded noise, and the few operations whose
 * Java form needs help. Neighbours: none below; everything above uses it. The tensors themselves are
 * {@link org.bytedeco.pytorch.Tensor}; nothing here hides them.
 */
@NullMarked
package ai.ingredients.tensor;

import org.jspecify.annotations.NullMarked;
