package ai.ingredients.studio.models;

import ai.ingredients.face.FaceModels;
import ai.ingredients.pipeline.MagnitudeRatios;
import ai.ingredients.pipeline.MemoryEstimate;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.TeaPolynomial;
import ai.ingredients.tensor.Compute;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A model that can be used: its configs, read once, and what its weights weigh.
 *
 * @param id what requests call it: the name of its folder
 * @param bundle its configs
 * @param weightBytes of text encoder, transformer and autoencoder on the device
 * @param findings what is missing in it or known about it, for people to read
 * @param created seconds since 1970
 */
public record ModelEntry(String id, ModelBundle bundle, long weightBytes, List<String> findings, long created) {
    static ModelEntry open(String id, Path folder, Compute compute) {
        ModelBundle bundle = ModelBundle.open(folder);
        MemoryEstimate estimate = MemoryEstimate.of(bundle, compute);
        List<String> findings = bundle.transformer().identity() == null ? List.of() : FaceModels.missing(folder, "");
        long created;
        try {
            created = Files.getLastModifiedTime(folder).toMillis() / 1000;
        } catch (IOException e) {
            created = 0;
        }
        return new ModelEntry(
                id,
                bundle,
                estimate.textEncoder() + estimate.transformer() + estimate.vae(),
                findings.stream().map(ModelEntry::withoutPath).toList(),
                created);
    }

    /** Clients need not know where models lie. */
    private static String withoutPath(String finding) {
        return finding.replaceAll("\\S*/(?=face_encoder)", "");
    }

    /** Whether it continues a picture that is its first frame, instead of showing people. */
    public boolean continuesAPicture() {
        return bundle.transformer().identity() == null && bundle.transformer().imageConditioned();
    }

    /** Whether it is known how little its steps change, so that some can be left out. */
    public boolean calibrated() {
        return Files.exists(bundle.folder().root().resolve(MagnitudeRatios.FILE));
    }

    /** As {@link #calibrated}, by how far its timestep embedding moves. */
    public boolean calibratedForTea() {
        return TeaPolynomial.known(bundle);
    }

    /** Whether it shows people of photos. */
    public boolean takesPeople() {
        return bundle.transformer().identity() != null;
    }
}
