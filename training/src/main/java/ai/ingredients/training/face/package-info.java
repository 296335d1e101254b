/**
 * The {@code face-net} stages: the detector, the recogniser and the CLIP tower of {@code face_encoder} learn from photos
 * and clips of people whose faces are known.
 *
 * <ul>
 *   <li>{@link ai.ingredients.training.face.DetectorStage}: RetinaFace's multibox loss on frames and photos;
 *   <li>{@link ai.ingredients.training.face.RecogniserStage}: ArcFace's angular margin over many people. Trained twice, with
 *       other people and another seed: one network conditions the video model, the other only evaluates it;
 *   <li>{@link ai.ingredients.training.face.TowerStage}: two photos of a person find each other, and every hidden state
 *       tells the person's traits.
 * </ul>
 *
 * <p>Who is on a photo comes from {@link ai.ingredients.data.Portraits}. Begin at
 * {@link ai.ingredients.training.face.FaceNetTraining}, the config. Uses the loop, the data and, for clips as a model shows
 * them, {@code training.features}.
 */
@NullMarked
package ai.ingredients.training.face;

import org.jspecify.annotations.NullMarked;
