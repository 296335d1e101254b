package ai.ingredients.data;

import ai.ingredients.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/**
 * What a data set holds, after every clip of it was read.
 *
 * @param clips how many are listed
 * @param people how many of the good clips have so many people
 * @param persons different people
 * @param inSeveral people who are in more than one video, so that photos can come from another one
 * @param broken what is wrong with each clip that cannot be used, naming its file
 */
public record DatasetCheck(
        long clips, SortedMap<Integer, Long> people, int persons, int inSeveral, List<String> broken) {
    public DatasetCheck {
        broken = List.copyOf(broken);
    }

    /**
     * Reads every clip, and every video to its end.
     *
     * @param progress receives the number of clips read
     */
    public static DatasetCheck of(FolderSource source, LongConsumer progress) {
        SortedMap<Integer, Long> people = new TreeMap<>();
        List<String> broken = new ArrayList<>();
        for (long i = 0; i < source.size(); i++) {
            try {
                source.checkLength(i);
                people.merge(source.clip(i).people().size(), 1L, Long::sum);
            } catch (InvalidInputException e) {
                broken.add(String.valueOf(e.getMessage()));
            }
            progress.accept(i + 1);
        }
        List<String> persons = source.persons();
        long several =
                persons.stream().filter(person -> source.videosWith(person) > 1).count();
        return new DatasetCheck(source.size(), people, persons.size(), (int) several, broken);
    }
}
