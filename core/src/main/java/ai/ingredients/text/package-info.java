/**
 * The prompt: SentencePiece tokenizer and T5 v1.1 encoder (paper section 3.1: text conditions of the video
 * transformer). {@link ai.ingredients.text.PromptEncoder} joins the two. Neighbours below: {@code nn}, {@code weights},
 * {@code tensor}.
 */
@NullMarked
package ai.ingredients.text;

import org.jspecify.annotations.NullMarked;
