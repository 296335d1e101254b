package ai.ingredients.training.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip;
import ai.ingredients.data.ClipSource;
import ai.ingredients.media.Picture;
import ai.ingredients.training.diffusion.TinyTraining;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Features are computed once; clips that cannot be read are left out, counted, listed, and not too many of them. */
class FeatureCacheTest {
    private static final long CLIPS = FeatureCache.SHARD + 6L;

    private long clips = CLIPS;

    @TempDir
    Path folder;

    private final Set<Long> broken = new TreeSet<>();
    private final AtomicInteger encoded = new AtomicInteger();
    private int workers = 3;

    private final class Numbered implements ClipSource {
        @Override
        public String name() {
            return "numbered";
        }

        @Override
        public long size() {
            return clips;
        }

        @Override
        public int people(long index) {
            return 0;
        }

        @Override
        public Clip clip(long index) {
            if (broken.contains(index)) {
                throw new InvalidInputException("clip-" + index + ".mp4: no video in it");
            }
            return new Clip(Long.toString(index), List.of(Picture.filled(8, 8, 0, 0, 0)), 8, "", List.of());
        }
    }

    private FeatureCache fill(double share) {
        return FeatureCache.fill(
                folder,
                new Numbered(),
                new FeatureCache.Encoder() {
                    @Override
                    public String key() {
                        return "key";
                    }

                    @Override
                    public Map<String, Tensor> encode(Clip clip) {
                        encoded.incrementAndGet();
                        return Map.of("latents", TinyTraining.random(clip.id(), 2));
                    }
                },
                2,
                workers,
                share,
                (done, all) -> {});
    }

    @Test
    void brokenClipsAreLeftOutCountedAndListed() {
        broken.addAll(Set.of(3L, 65L));
        for (int start = 0; start < 2; start++) {
            try (FeatureCache cache = fill(0.05)) {
                assertThat(cache.clips()).hasSize((int) CLIPS - 2).doesNotContain(3L, 65L);
                assertThat(cache.broken())
                        .isEqualTo(Map.of(3L, "clip-3.mp4: no video in it", 65L, "clip-65.mp4: no video in it"));
                assertThat(cache.list()).content().contains("3\tclip-3.mp4: no video in it", "65\tclip-65.mp4");
            }
        }
        assertThat(encoded.get()).as("computed once").isEqualTo((int) CLIPS - 2);
    }

    @Test
    void tooManyStopTheRunEveryTimeUntilTheyAreMended() throws Exception {
        broken.addAll(Set.of(3L, 65L, 66L, 67L));
        for (int start = 0; start < 2; start++) {
            assertThatThrownBy(() -> fill(0.05))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("numbered: 4 clips are broken, more than the share of 0.05")
                    .hasMessageContaining("67: clip-67.mp4: no video in it")
                    .hasMessageContaining("broken.txt");
        }
        broken.removeAll(Set.of(66L, 67L));
        try (FeatureCache cache = fill(0.05)) {
            assertThat(cache.broken()).containsOnlyKeys(3L, 65L);
            assertThat(Files.readAllLines(cache.list())).hasSize(2);
        }
    }

    @Test
    void noneIsAllowedWhereTheShareIsZero() {
        broken.add(0L);
        assertThatThrownBy(() -> fill(0)).hasMessageContaining("1 clips are broken");
    }

    @Test
    void itsFilesDoNotTellHowManyWorkersMadeThem() throws Exception {
        Map<String, byte[]> one = new TreeMap<>();
        for (int count : new int[] {1, 3}) {
            workers = count;
            fill(0).close();
            try (Stream<Path> files = Files.list(folder.resolve("numbered-key"))) {
                for (Path file : files.toList()) {
                    byte[] content = Files.readAllBytes(file);
                    byte[] other = one.putIfAbsent(file.getFileName().toString(), content);
                    assertThat(content).isEqualTo(other == null ? content : other);
                    Files.delete(file);
                }
            }
        }
        assertThat(one).hasSize(2);
    }

    /** A shard that was written for fewer clips is written again, not taken for one with broken clips. */
    @Test
    void aCacheGrowsAndShrinksWithItsClips() {
        for (long size : new long[] {10, 20, 10, CLIPS}) {
            clips = size;
            try (FeatureCache cache = fill(0)) {
                assertThat(cache.clips()).hasSize((int) size);
                assertThat(cache.broken()).isEmpty();
            }
        }
        assertThat(encoded.get()).isEqualTo(10 + 20 + (int) CLIPS);
    }
}
