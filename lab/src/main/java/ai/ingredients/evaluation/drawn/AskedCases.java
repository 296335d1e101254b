package ai.ingredients.evaluation.drawn;

import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.evaluation.Cases;
import java.util.List;
import java.util.Map;

/** Cases like others, of which more is asked. */
interface AskedCases extends Cases {
    /** The others. */
    Cases cases();

    @Override
    default int count() {
        return cases().count();
    }

    @Override
    default String name(int index) {
        return cases().name(index);
    }

    @Override
    default Map<String, PersonPhoto> candidates() {
        return cases().candidates();
    }

    @Override
    default List<List<PersonPhoto>> otherPhotos(int index) {
        return cases().otherPhotos(index);
    }
}
