package ai.ingredients.studio;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Which room may enter which. */
class ArchitectureTest {
    private static final String ROOT = "ai.ingredients.studio";
    private static final JavaClasses STUDIO = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);

    @Test
    void roomsKnowTheirNeighboursOnly() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("studio")
                .definedBy(ROOT)
                .layer("api")
                .definedBy(ROOT + ".api")
                .layer("jobs")
                .definedBy(ROOT + ".jobs")
                .layer("people")
                .definedBy(ROOT + ".people")
                .layer("models")
                .definedBy(ROOT + ".models")
                .layer("guard")
                .definedBy(ROOT + ".guard")
                .layer("store")
                .definedBy(ROOT + ".store")
                .whereLayer("studio")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("api")
                .mayOnlyBeAccessedByLayers("studio")
                .whereLayer("jobs")
                .mayOnlyBeAccessedByLayers("studio", "api")
                .whereLayer("people")
                .mayOnlyBeAccessedByLayers("studio", "api", "jobs")
                .whereLayer("models")
                .mayOnlyBeAccessedByLayers("studio", "api", "jobs", "people")
                .whereLayer("guard")
                .mayOnlyBeAccessedByLayers("studio", "api")
                .check(STUDIO);
    }

    @Test
    void onlyTheApiSpeaksHttpAndOnlyTheStoreSpeaksToTheDatabase() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".api")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.javalin..")
                .check(STUDIO);
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".store")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.zaxxer..", "org.flywaydb..", "org.sqlite..", "org.postgresql..")
                .check(STUDIO);
    }

    @Test
    void nobodyBelowTheStudioKnowsOthersOfThisHouse() {
        classes()
                .that()
                .resideInAPackage(ROOT + "..")
                .should()
                .onlyDependOnClassesThat()
                .resideOutsideOfPackages("ai.ingredients.cli..", "ai.ingredients.data..", "ai.ingredients.cast..")
                .check(STUDIO);
    }
}
