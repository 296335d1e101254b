package ai.ingredients.training.text;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All ways to cut a word into the pieces of a unigram language model, in which a cut is as probable as the product of
 * its pieces. Positions count code points. Thread-safe.
 */
final class SegmentationLattice {
    private static final int NONE = -1;

    private final Map<String, Integer> ids = new HashMap<>();
    private final double[] scores;
    private final int longest;

    SegmentationLattice(List<Piece> pieces) {
        scores = new double[pieces.size()];
        int longestPiece = 1;
        for (int i = 0; i < scores.length; i++) {
            Piece piece = pieces.get(i);
            ids.put(piece.text(), i);
            scores[i] = piece.score();
            longestPiece = Math.max(longestPiece, length(piece.text()));
        }
        longest = longestPiece;
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Which piece covers [begin, end) of a word, by [begin][end − begin − 1]; {@link #NONE} where there is none. */
    private int[][] edges(String word) {
        int[] at = new int[length(word) + 1]; // code point → index in the string
        for (int i = 1; i < at.length; i++) {
            at[i] = word.offsetByCodePoints(at[i - 1], 1);
        }
        int[][] edges = new int[at.length - 1][];
        for (int begin = 0; begin < edges.length; begin++) {
            edges[begin] = new int[Math.min(longest, edges.length - begin)];
            for (int i = 0; i < edges[begin].length; i++) {
                edges[begin][i] = ids.getOrDefault(word.substring(at[begin], at[begin + i + 1]), NONE);
            }
        }
        return edges;
    }

    /**
     * Adds to {@code expected} how often each piece is expected in {@code count} occurrences of {@code word}, over all
     * cuts by their probability (forward-backward algorithm).
     *
     * @return the log-probability of one occurrence
     */
    double addExpectations(String word, double count, double[] expected) {
        int[][] edges = edges(word);
        int n = edges.length;
        double[] forward = new double[n + 1]; // log-probability of everything up to a position
        double[] backward = new double[n + 1]; // and from it on
        Arrays.fill(forward, Double.NEGATIVE_INFINITY);
        Arrays.fill(backward, Double.NEGATIVE_INFINITY);
        forward[0] = 0;
        backward[n] = 0;
        for (int begin = 0; begin < n; begin++) {
            for (int i = 0; i < edges[begin].length; i++) {
                if (edges[begin][i] != NONE) {
                    int end = begin + i + 1;
                    forward[end] = logSum(forward[end], forward[begin] + scores[edges[begin][i]]);
                }
            }
        }
        for (int begin = n - 1; begin >= 0; begin--) {
            for (int i = 0; i < edges[begin].length; i++) {
                int piece = edges[begin][i];
                if (piece != NONE) {
                    double rest = scores[piece] + backward[begin + i + 1];
                    backward[begin] = logSum(backward[begin], rest);
                    expected[piece] += count * Math.exp(forward[begin] + rest - forward[n]);
                }
            }
        }
        return forward[n];
    }

    /** The most probable cut of {@code word} (Viterbi algorithm): indices of its pieces in order. */
    int[] best(String word) {
        return best(word, false);
    }

    /** The most probable cut of {@code word} into at least two pieces; empty when there is none. */
    int[] bestInParts(String word) {
        return best(word, true);
    }

    private int[] best(String word, boolean inParts) {
        int[][] edges = edges(word);
        int n = edges.length;
        double[] score = new double[n + 1];
        int[] last = new int[n + 1]; // the piece that ends at a position on the best way there
        int[] from = new int[n + 1]; // and where it begins
        Arrays.fill(score, Double.NEGATIVE_INFINITY);
        score[0] = 0;
        for (int begin = 0; begin < n; begin++) {
            for (int i = 0; i < edges[begin].length; i++) {
                int piece = edges[begin][i];
                int end = begin + i + 1;
                boolean whole = begin == 0 && end == n;
                if (piece != NONE && !(whole && inParts) && score[begin] + scores[piece] > score[end]) {
                    score[end] = score[begin] + scores[piece];
                    last[end] = piece;
                    from[end] = begin;
                }
            }
        }
        if (score[n] == Double.NEGATIVE_INFINITY) {
            return new int[0];
        }
        int[] pieces = new int[n];
        int first = n;
        for (int at = n; at > 0; at = from[at]) {
            pieces[--first] = last[at];
        }
        return Arrays.copyOfRange(pieces, first, n);
    }

    private static double logSum(double a, double b) {
        double larger = Math.max(a, b);
        return larger == Double.NEGATIVE_INFINITY ? larger : larger + Math.log1p(Math.exp(Math.min(a, b) - larger));
    }
}
