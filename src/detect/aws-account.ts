export { awsAccountOf, encodeAwsKeyId } from '../util/aws-account.ts';
