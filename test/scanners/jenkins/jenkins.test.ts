// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of CI systems look like it
import assert from 'node:assert/strict';
import { jenkins } from '../../../scanners/jenkins/index.ts';
import { headOfBytes } from '../../../src/files/source-file.ts';
import { consumerOf, coverageOf, type Files, lineAt, names, scan as scanWith, standsAnything } from '../ci-harness.ts';

const PATH = 'Jenkinsfile';
const scan = (text: string, path = PATH, files?: Files) => scanWith(jenkins, path, text, files);

const GOOD = `@Library('shared@main') _
// it's a comment with a brace {
pipeline {
  agent any
  environment {
    TOKEN = credentials('api-token')
    DB_PASSWORD = 'Tide4Anchor'
  }
  stages {
    stage('build') {
      steps {
        sh "make VERSION=\${env.BUILD_NUMBER}"
      }
    }
    stage('deploy') {
      when { branch 'production' }
      environment {
        AWS_SECRET_ACCESS_KEY = credentials('aws-secret')
      }
      steps {
        withCredentials([
          usernamePassword(credentialsId: 'nexus', usernameVariable: 'U', passwordVariable: 'P'),
          sshUserPrivateKey(credentialsId: 'deploy-key', keyFileVariable: 'KEY')
        ]) {
          sh '''
            curl -u $U:$P https://nexus.harbour.example
            ssh -i $KEY deploy@shop
          '''
          sh(script: "deploy \${P}", returnStdout: true)
        }
        sshagent(['other-key']) { sh 'git push' }
      }
    }
  }
}
`;

describe('jenkins scanner', () => {
  it('recognises its files and no others', () => {
    const is = (path: string, text = '') => jenkins.recognises(headOfBytes(path, Buffer.from(text)));

    assert.ok(is('Jenkinsfile', ''));
    assert.ok(is('ci/Jenkinsfile.release', ''));
    assert.ok(is('x.groovy', 'pipeline {\n'));
    assert.ok(is('jenkins/casc.yaml', 'jenkins:\n'));
    assert.ok(is('home/credentials.xml', '<com.cloudbees.credentials'));
    assert.ok(is('home/secrets/master.key', ''));
    assert.ok(!is('Jenkinsfile.md', ''));
    assert.ok(!is('x.groovy', 'class A {}\n'));
    assert.ok(!is('casc.yaml', 'apiVersion: v1\nkind: x\n'));
    assert.ok(!is('credentials.xml', '<a/>'));
  });

  it('finds credentials of pipeline, stage and block with the variables that hold them', async () => {
    const observations = await scan(GOOD);

    const nexus = consumerOf(observations, 'nexus');
    assert.equal(nexus.identity, 'jenkins:-:credential/nexus');
    assert.equal(nexus.consumer, 'harbour/shop:Jenkinsfile#deploy');
    assert.equal(nexus.environment, 'prod');
    assert.equal(nexus.detail.secretInArgument, true);
    assert.match(lineAt(GOOD, nexus.at), /^nexus'/);
    assert.equal(consumerOf(observations, 'aws-secret').how, 'static-key');
    assert.equal(consumerOf(observations, 'secret-interpolated').secretName, 'nexus');
    assert.ok(names(observations).includes('other-key') && names(observations).includes('deploy-key'));
    assert.equal(consumerOf(observations, 'unpinned-include').detail.what, 'shared');
    assert.equal(observations.filter(({ kind }) => kind === 'sighting').length, 1);
    assert.match(coverageOf(observations).why ?? '', /^shared libraries that were not read: [\w-]+$/);
  });

  it('reads a scripted pipeline', async () => {
    const text =
      "node('linux') {\n  stage('x') {\n    withCredentials([string(credentialsId: 'k', variable: 'K')]) { sh 'echo $K' }\n  }\n}\n";

    const { detail } = consumerOf(await scan(text), 'k');

    assert.deepEqual([detail.echoesSecret, detail.runsOn], [true, ['linux']]);
  });

  it('lists the credentials of a store without a word of their secrets', async () => {
    const text =
      '<list>\n<com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl>\n<scope>GLOBAL</scope>\n<id>nexus</id>\n<password>{AQAAABAAAAAQabcdefgh0123=}</password>\n</list>';

    const observations = await scan(text, 'home/credentials.xml');

    assert.deepEqual(names(observations), ['credential-store']);
    assert.ok(observations.some((each) => each.kind === 'identity' && each.id === 'jenkins:-:credential/nexus'));
    assert.ok(!JSON.stringify(observations).includes('AQAA'));
  });

  it('reads configuration as code', async () => {
    const text =
      'credentials:\n  system:\n    domainCredentials:\n      - credentials:\n          - string:\n              id: a\n              secret: Tide4Anchor\n          - string:\n              id: b\n              secret: "${B}"\n';

    assert.equal(consumerOf(await scan(text, 'jenkins/casc.yaml'), 'credential-in-configuration').secretName, 'a');
  });

  standsAnything(jenkins, PATH, GOOD);
});
