// A program of somebody else in Kotlin: it knows the installed artifacts only. `run` beside this folder takes these
// coordinates from here.
plugins {
    kotlin("jvm") version "2.3.21"
    application
}

repositories {
    mavenLocal()
    mavenCentral()
}

dependencies {
    implementation(platform("ai.ingredients:ingredients-bom:0.1.0-SNAPSHOT"))
    implementation("ai.ingredients:ingredients-core")
    runtimeOnly("ai.ingredients:ingredients-natives-linux-x86_64")
}

kotlin {
    jvmToolchain(25)
}

application {
    mainClass = "ConsumerKt"
}
