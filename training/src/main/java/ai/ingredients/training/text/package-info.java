/**
 * Training the text side of a bundle: a SentencePiece vocabulary from captions, then the T5 encoder that reads its ids.
 *
 * <p>{@link ai.ingredients.training.text.UnigramTrainer} makes the vocabulary, which writes {@code tokenizer/};
 * {@link ai.ingredients.training.text.TextStage} holds batches and losses and writes {@code text_encoder/}. Both work
 * on any captions. Begin at {@link ai.ingredients.training.text.TextTraining}, the config. The paper
 * takes a published T5; the demo bundle cannot ship one and trains its own.
 *
 * <p>Uses {@code text}, the data and the loop.
 */
@NullMarked
package ai.ingredients.training.text;

import org.jspecify.annotations.NullMarked;
